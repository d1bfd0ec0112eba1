import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '#server/app.ts';
import { readConfig } from '#server/config.ts';
import { createContext } from '#server/context.ts';
import { findPostgres, startPostgres } from '#test/postgres.ts';
import { hasRedis, startRedis } from '#test/redis.ts';

export const say = (line: string) => void process.stdout.write(`${line}\n`);

export interface Running {
  url: string;
  /** Where its SQLite database is, unless the settings name another. */
  dataDir: string;
  stop(): Promise<void>;
}

/** A whole server in this process, whose demo model says a word each `demoPaceMs`. */
export async function start(env: Record<string, string> = {}, demoPaceMs = 300): Promise<Running> {
  const dataDir = mkdtempSync(join(tmpdir(), 'daesa-security-'));
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    LOCAL_PROVIDER: 'off',
    AUTO_TITLES: 'off',
    LOG_LEVEL: 'silent',
    ...env,
  });
  const server = await buildApp(await createContext(config, { demoPaceMs }));
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    stop: async () => {
      await server.stop(0);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Gives `work` the settings of what two instances share: an empty PostgreSQL and a Redis, where this machine has both. */
export async function withShared(work: (env: Record<string, string> | undefined) => Promise<void>): Promise<void> {
  const bin = findPostgres();
  if (!bin || !hasRedis) return work(undefined);
  const [postgres, redis] = [await startPostgres(bin), await startRedis()];
  try {
    await work({ DATABASE_URL: postgres.url, REDIS_URL: redis.url });
  } finally {
    await redis.stop();
    await postgres.stop();
  }
}
