import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent, fetch } from 'undici';
import { eventually } from './chat-server.ts';
import { freePort } from './postgres.ts';
import { nginx } from './programs.ts';

const deploy = fileURLToPath(new URL('../deploy/', import.meta.url));

export interface Proxy {
  /** `https://…`; its certificate is of an own authority. */
  url: string;
  /** The file of that authority's certificate. */
  certificate: string;
  stop(): Promise<void>;
}

/** A part of a configuration gets another value; one that is not there any more is an error of the test. */
function replace(text: string, from: string | RegExp, to: string): string {
  const replaced = text.replace(from, to);
  if (replaced === text) throw new Error(`the configuration has no ${String(from)}`);
  return replaced;
}

/** Asks until it answers with its certificate: Caddy makes one first. */
async function untilReady(proxy: Proxy): Promise<Proxy> {
  await eventually(async () => {
    try {
      const agent = new Agent({ connect: { ca: readFileSync(proxy.certificate) } });
      const { status } = await fetch(`${proxy.url}/health/live`, { dispatcher: agent });
      await agent.close();
      return status === 200 || undefined;
    } catch {
      return undefined;
    }
  });
  return proxy;
}

async function stopChild(child: ChildProcess, directory: string): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
  rmSync(directory, { recursive: true, force: true });
}

/** deploy/nginx/daesa.conf as it stands, but for ports, names and a certificate of its own. */
export async function startNginx(upstreams: [string, string]): Promise<Proxy> {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-nginx-'));
  const [port, plainPort] = [await freePort(), await freePort()];
  const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) => join(directory, name)) as [string, string];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...keys, '-days', '2', ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  let site = readFileSync(join(deploy, 'nginx/daesa.conf'), 'utf8');
  const changes: [string | RegExp, string][] = [
    ['127.0.0.1:8001', new URL(upstreams[0]).host],
    ['127.0.0.1:8002', new URL(upstreams[1]).host],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['listen [::]:443 ssl http2;', ''],
    [/ssl_certificate {5}\S+;/, `ssl_certificate ${certificate};`],
    [/ssl_certificate_key \S+;/, `ssl_certificate_key ${key};`],
    [/chat\.example\.com/g, 'localhost'],
  ];
  for (const [from, to] of changes) site = replace(site, from, to);
  writeFileSync(join(directory, 'site.conf'), site);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = paths.map((name) => `${name}_temp_path ${directory}/${name};`).join(' ');
  const http = `access_log off; ${temporary} include ${directory}/site.conf;`;
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const whole = `${user} worker_processes 1; pid ${directory}/pid; error_log ${directory}/error.log; events {} http { ${http} }`;
  writeFileSync(join(directory, 'nginx.conf'), whole);
  const child = spawn(nginx!, ['-c', join(directory, 'nginx.conf'), '-p', directory, '-g', 'daemon off;'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return untilReady({ url: `https://localhost:${port}`, certificate, stop: () => stopChild(child, directory) });
}

/** deploy/caddy/Caddyfile as it stands; its certificate comes from Caddy's own authority. */
export async function startCaddy(upstreams: [string, string]): Promise<Proxy> {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-caddy-'));
  const [port, plainPort] = [await freePort(), await freePort()];
  const options = `{\n\tadmin off\n\tlocal_certs\n\tskip_install_trust\n\thttp_port ${plainPort}\n\thttps_port ${port}\n}\n`;
  const file = join(directory, 'Caddyfile');
  mkdirSync(join(directory, 'data'));
  writeFileSync(file, options + readFileSync(join(deploy, 'caddy/Caddyfile'), 'utf8'));
  const child = spawn('caddy', ['run', '--config', file, '--adapter', 'caddyfile'], {
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      XDG_DATA_HOME: join(directory, 'data'),
      XDG_CONFIG_HOME: join(directory, 'config'),
      DAESA_HOST: 'localhost',
      DAESA_UPSTREAMS: upstreams.map((url) => new URL(url).host).join(' '),
    },
    stdio: 'ignore',
  });
  const certificate = join(directory, 'data/caddy/pki/authorities/local/root.crt');
  return untilReady({ url: `https://localhost:${port}`, certificate, stop: () => stopChild(child, directory) });
}
