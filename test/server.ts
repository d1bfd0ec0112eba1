import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from '#server/app.ts';
import { readConfig } from '#server/config.ts';
import { createContext, type Context, type ContextOptions } from '#server/context.ts';
import { freshDatabaseUrl } from './databases.ts';

export interface TestServer {
  url: string;
  context: Context;
  dataDir: string;
  /** Lets what runs end for so long, then closes, as a signal does. */
  stop(timeoutMs: number): Promise<void>;
  /** Closes at once and forgets the data. */
  close(): Promise<void>;
}

export interface TestServerOptions extends ContextOptions {
  /** Settings as the environment would have them. */
  env?: Record<string, string>;
  /** A data directory or database of an earlier server, to start again on. */
  on?: { dataDir: string; databaseUrl: string | undefined };
}

/** An empty place for data, on which servers can be started one after the other (PostgreSQL: also side by side). */
export async function freshPlace(): Promise<NonNullable<TestServerOptions['on']>> {
  return { dataDir: mkdtempSync(join(tmpdir(), 'daesa-test-')), databaseUrl: await freshDatabaseUrl() };
}

/** A whole server in this process, on a real port and a database of its own, of the kind this run is for. */
export async function startServer(
  options: TestServerOptions = {},
): Promise<TestServer & { databaseUrl: string | undefined }> {
  const { env = {}, on, ...contextOptions } = options;
  const { dataDir, databaseUrl } = on ?? (await freshPlace());
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    LOCAL_PROVIDER: 'off',
    // Tests count what their provider is asked.
    AUTO_TITLES: 'off',
    LOG_LEVEL: 'silent',
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    ...env,
  });
  const context = await createContext(config, { demoPaceMs: 0, ...contextOptions });
  const server = await buildApp(context);
  await server.app.listen({ port: config.PORT, host: config.HOST });
  const { port } = server.app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    context,
    dataDir,
    databaseUrl,
    stop: server.stop,
    close: async () => {
      await server.stop(0);
      if (!on) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
