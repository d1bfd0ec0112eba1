import cluster, { type Worker } from 'node:cluster';
import { RateLimiterClusterMaster } from 'rate-limiter-flexible';
import type { Config } from './config.ts';
import { onStop } from './launcher.ts';
import { collectFromWorkers } from './operation/worker-metrics.ts';
import { createLogger } from './logger.ts';
import { StartError } from './start-error.ts';

/** The pause before a worker is started again; it doubles while they end sooner than they are steady. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
const STEADY_MS = 10_000;

/**
 * Runs `config.WORKERS` processes of this server, which share its port and its limits on logins; starts again what
 * ends, and at a stop lets all of them drain. Gives the port once all of them listen.
 */
export async function supervise(config: Config): Promise<number> {
  if (!config.DATABASE_URL) {
    throw new StartError(`WORKERS is ${config.WORKERS}, which takes a PostgreSQL: set DATABASE_URL, or WORKERS to 1.`);
  }
  const logger = createLogger(config.LOG_LEVEL);
  let stopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  // It counts for all, so that each worker more does not mean more tries.
  void new RateLimiterClusterMaster();
  collectFromWorkers();
  onStop(async () => {
    stopping = true;
    logger.info('stopping');
    process.exit((await Promise.all(workers().map(stop))).every(Boolean) ? 0 : 1);
  });
  // However this process ends, none of them stays behind; asked for the second time they end at once.
  process.on('exit', () => workers().forEach((worker) => worker.process.kill('SIGTERM')));

  function keep(worker: Worker): void {
    const startedAt = performance.now();
    worker.once('exit', (code, signal) => {
      if (stopping) return;
      logger.error({ worker: worker.process.pid, code, signal }, 'a worker ended and is started again');
      pauseMs = performance.now() - startedAt < STEADY_MS ? Math.min(2 * pauseMs, LONGEST_PAUSE_MS) : FIRST_PAUSE_MS;
      setTimeout(() => {
        if (!stopping) keep(cluster.fork());
      }, pauseMs);
    });
  }

  // The first one alone: it brings the database up to date, and what keeps it from starting is said once.
  const first = cluster.fork();
  const fail = (code: number) => void (stopping || process.exit(code || 1));
  first.once('exit', fail);
  const port = await untilListening(1);
  first.off('exit', fail);
  keep(first);
  for (let others = config.WORKERS - 1; others > 0; others -= 1) keep(cluster.fork());
  await untilListening(config.WORKERS - 1);
  return port;
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

/** Until so many more of them listen; gives their port. */
function untilListening(count: number): Promise<number> {
  let listening = 0;
  return new Promise((resolve) => {
    const onListening = (_worker: Worker, { port }: { port: number }) => {
      listening += 1;
      if (listening < count) return;
      cluster.off('listening', onListening);
      resolve(port);
    };
    cluster.on('listening', onListening);
  });
}

/** Whether it ended as it should. One that was still starting knows nothing of draining yet. */
function stop(worker: Worker): Promise<boolean> {
  return new Promise((resolve) => {
    worker.once('exit', (code, signal) => resolve(code === 0 || signal === 'SIGTERM'));
    worker.process.kill('SIGTERM');
  });
}

export const isWorker = cluster.isWorker;

/** Without its supervisor a worker drains like a server without its launcher, where Node would end it at once. */
export function outliveSupervisor(): void {
  if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
}
