import type { AddressInfo } from 'node:net';
import { buildApp } from './app.ts';
import { readConfig, type Config } from './config.ts';
import { createContext } from './context.ts';
import { giveBackAfterStart } from './idle-memory.ts';
import { onStop } from './launcher.ts';
import { flushed } from './logger.ts';
import { StartError } from './start-error.ts';

/** Starts the server from the environment, as one process or as several under this one. */
async function main(): Promise<void> {
  const config = readConfig();
  if (config.WORKERS === 1) return serve(config);
  const { isWorker, outliveSupervisor, supervise } = await import('./supervisor.ts');
  if (!isWorker) return sayReady(config, await supervise(config));
  outliveSupervisor();
  return serve(config);
}

/** Ends by itself after a signal, with what was running finished. */
async function serve(config: Config): Promise<void> {
  const context = await createContext(config);
  const server = await buildApp(context);
  const listening = server.app.listen({ port: config.PORT, host: config.HOST });
  onStop(async () => {
    // What is not open yet can't be closed, and would stay open.
    await listening;
    context.logger.info('stopping');
    await server.stop(config.DRAIN_TIMEOUT_MS);
    await flushed(context.logger);
    process.exit(0);
  });
  await listening;
  const { port } = server.app.server.address() as AddressInfo;
  context.logger.info({ url: urlOf(config, port), port, database: context.database.kind }, 'ready');
  if (config.WORKERS === 1) sayReady(config, port);
  giveBackAfterStart();
  // Only now, when nothing can end this start before it is shown.
  const setupCode = await context.makeSetupCode();
  if (setupCode)
    process.stderr.write(`The first administrator joins with this setup_code (shown once): ${setupCode}\n`);
}

function sayReady(config: Config, port: number): void {
  process.stderr.write(`Daesa is ready at ${urlOf(config, port)}\n`);
}

function urlOf(config: Config, port: number): string {
  return config.PORT === 0 ? `http://localhost:${port}` : config.PUBLIC_URL;
}

/** What a person can mend gets one sentence, everything else its stack. */
function explain(error: unknown): string {
  if (error instanceof StartError) return error.message;
  if (error instanceof Error && 'syscall' in error && ['listen', 'getaddrinfo'].includes(String(error.syscall))) {
    const inUse = 'code' in error && error.code === 'EADDRINUSE';
    return `${error.message}; ${inUse ? 'another program listens there, set PORT' : 'set HOST and PORT to an address of this machine'}.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
