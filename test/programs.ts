import { spawnSync } from 'node:child_process';

/** nginx stands in a folder that not every PATH has; undefined where there is none. */
export const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => spawnSync(path, ['-v']).status === 0);
export const hasNginx = nginx !== undefined;
export const hasCaddy = spawnSync('caddy', ['version']).status === 0;
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
export const hasCompose = spawnSync('docker-compose', ['version']).status === 0;
