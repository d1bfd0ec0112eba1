import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { estimateUsage } from '../upstream/estimate-tokens.ts';
import { finishGeneration } from './generation.store.ts';
import { beat, findOrphans, HEARTBEAT_LOST_MS, type Orphan } from './instances.store.ts';
import { recoverTitles } from './title.store.ts';

interface RecoveryParts {
  database: Database;
  instanceId: string;
  clock: () => number;
  logger: FastifyBaseLogger;
  /** Ends what else a stopped process left open. */
  recoverOthers?: () => Promise<void>;
}

/** Ends what a crashed process was writing: with text it is interrupted and counts, without the unit goes back. */
async function endOrphan(parts: RecoveryParts, orphan: Orphan): Promise<void> {
  const { prompt, ...rest } = orphan;
  const hasText = orphan.text !== '';
  const problem = new Problem('internal', 'The server stopped while this answer was being written.');
  await parts.database.write(finishGeneration, {
    ...rest,
    state: hasText ? 'interrupted' : 'failed',
    finishReason: null,
    usage: estimateUsage([{ role: 'user', content: prompt }], orphan.text),
    refunds: !hasText,
    forgets: false,
    error: JSON.stringify(problem.toDocument(`/chat/${orphan.promptId}`)),
    now: parts.clock(),
  });
}

/** Ends everything that no living instance writes. One that can't be ended does not keep the others waiting. */
export async function recoverGenerations(parts: RecoveryParts): Promise<void> {
  const { database, instanceId, logger } = parts;
  for (;;) {
    const orphans = await findOrphans(database.read, { instanceId, alone: database.kind === 'sqlite' });
    let ended = 0;
    for (const orphan of orphans) {
      try {
        await endOrphan(parts, orphan);
        ended += 1;
      } catch (error) {
        logger.error({ err: error, generation: orphan.generationId }, 'an abandoned answer could not be ended');
      }
    }
    if (ended === 0) return;
    logger.warn({ count: ended }, 'ended what a stopped process was writing');
  }
}

/** Says that this process lives, and ends the generations of those that do not; at once, then every 5 s. */
export async function keepAlive(parts: RecoveryParts): Promise<() => void> {
  const round = async () => {
    await parts.database.write(beat, { instanceId: parts.instanceId });
    await recoverGenerations(parts);
    const { database, instanceId, clock } = parts;
    await database.write(recoverTitles, { instanceId, alone: database.kind === 'sqlite', now: clock() });
    await parts.recoverOthers?.();
  };
  await round();
  const timer = setInterval(() => {
    round().catch((error: unknown) => parts.logger.error({ err: error }, 'the heartbeat failed'));
  }, HEARTBEAT_LOST_MS / 3);
  timer.unref();
  return () => clearInterval(timer);
}
