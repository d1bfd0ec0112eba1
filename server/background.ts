import type { Logger } from 'pino';
import type { Mailer } from './accounts/mail.ts';
import { createMailWorker } from './accounts/send-mails.ts';
import { createAlertWorkers } from './alerts/deliver-alerts.ts';
import { recoverRuns } from './assistants/recover-runs.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import { recoverCalls } from './gateway/recover-calls.ts';
import { keepWorking, type Jobs } from './jobs/work-jobs.ts';
import { keepIndexing } from './search/indexing.ts';
import type { Generations } from './turns/generations.ts';
import { keepAlive } from './turns/recovery.ts';
import type { Titles } from './turns/titles.ts';

interface BackgroundParts {
  config: Config;
  database: Database;
  clock: () => number;
  logger: Logger;
  instanceId: string;
  generations: Generations;
  titles: Titles;
  mailer: Mailer | undefined;
}

export interface Background {
  /** Resolves once the others know this process, and what stopped ones left open is ended. */
  begun: Promise<void>;
  jobs: Jobs;
  /** From then on, others end what this process leaves open. */
  stopBeating(): Promise<void>;
  /** Ends everything else, once nothing can ask for work any more. */
  close(): Promise<void>;
}

/** What a server does without being asked: it says that it lives, ends what others left, indexes, mails, alerts, names. */
export function startBackground(parts: BackgroundParts): Background {
  const { config, database, clock, logger, instanceId, generations, titles, mailer } = parts;
  const beats = keepAlive({
    database,
    instanceId,
    clock,
    logger,
    knows: generations.knows,
    names: config.AUTO_TITLES === 'on',
    recoverOthers: async () => {
      // A run closes its own call: what is left are calls that nobody knows more of.
      await recoverRuns({ database, instanceId, clock, logger });
      await recoverCalls({ database, instanceId, clock, logger });
    },
  });
  const stopIndexing = keepIndexing({ database, clock, logger });
  const ownNetworks = config.WEBHOOK_NETWORKS;
  const alerts = createAlertWorkers({ database, clock, sendMail: mailer?.deliver, ownNetworks });
  const workers = {
    ...alerts.workers,
    title: titles.worker,
    ...(mailer && { mail: createMailWorker({ config, database, clock, mailer }) }),
  };
  const jobs = keepWorking({ database, logger, workers });
  generations.onStart(({ plan, outcome }) => {
    if (plan.names) void outcome.then(jobs.wake);
  });
  return {
    begun: beats.begun,
    jobs,
    stopBeating: beats.stop,
    close: async () => {
      await jobs.close();
      await alerts.close();
      await stopIndexing();
    },
  };
}
