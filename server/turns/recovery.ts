import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { estimateUsage } from '../upstream/estimate-tokens.ts';
import { finishGeneration } from './generation.store.ts';
import { beat, findOrphans, findUnknown, HEARTBEAT_LOST_MS, type Orphan } from './instances.store.ts';
import { recoverTitles } from './title.store.ts';

interface RecoveryParts {
  database: Database;
  instanceId: string;
  clock: () => number;
  logger: FastifyBaseLogger;
  /** Whether this process writes a generation. */
  knows: (id: string) => boolean;
  /** Sessions get titles by the model. */
  names: boolean;
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
    names: parts.names,
    error: JSON.stringify(problem.toDocument(`/chat/${orphan.promptId}`)),
    now: parts.clock(),
  });
}

/** Ends them one by one; gives how many. One that can't be ended does not keep the others waiting. */
async function endOrphans(parts: RecoveryParts, orphans: Orphan[]): Promise<number> {
  let ended = 0;
  for (const orphan of orphans) {
    try {
      await endOrphan(parts, orphan);
      ended += 1;
    } catch (error) {
      parts.logger.error({ err: error, generation: orphan.generationId }, 'an abandoned answer could not be ended');
    }
  }
  return ended;
}

/** Ends everything that no living instance writes. */
async function recoverGenerations(parts: RecoveryParts): Promise<void> {
  const { database, instanceId, logger } = parts;
  for (;;) {
    const orphans = await findOrphans(database.read, { instanceId, alone: database.kind === 'sqlite' });
    const ended = await endOrphans(parts, orphans);
    if (ended === 0) return;
    logger.warn({ count: ended }, 'ended what a stopped process was writing');
  }
}

/** Ends what this process has stored without hearing of it. A writer in this process answers always. */
async function recoverUnknown(parts: RecoveryParts): Promise<void> {
  const { database, instanceId, knows, logger } = parts;
  if (database.kind === 'sqlite') return;
  const ended = await endOrphans(parts, await findUnknown(database.read, { instanceId, knows }));
  if (ended > 0) logger.warn({ count: ended }, 'ended answers whose beginning was stored and never confirmed');
}

const EVERY_MS = HEARTBEAT_LOST_MS / 3;

export interface Beats {
  /** Resolves after the first round; rejects where that failed. */
  begun: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Says that this process lives, and ends the generations of those that do not; at once, then every 5 s. After the
 * database itself was away, the others get as long as they have between two heartbeats that count to say the same.
 */
export function keepAlive(parts: RecoveryParts): Beats {
  const { database, instanceId, clock } = parts;
  let beatenAt = performance.now();
  let judgesFrom = beatenAt;
  const round = async () => {
    await database.write(beat, { instanceId });
    const now = performance.now();
    if (now - beatenAt > 2 * EVERY_MS) judgesFrom = now + HEARTBEAT_LOST_MS;
    beatenAt = now;
    await recoverUnknown(parts);
    if (now < judgesFrom) return;
    await recoverGenerations(parts);
    await database.write(recoverTitles, { instanceId, alone: database.kind === 'sqlite', now: clock() });
    await parts.recoverOthers?.();
  };
  const begun = round();
  // Whoever waits for it hears of a failure, also when it came before.
  begun.catch(() => undefined);
  const timer = setInterval(() => {
    round().catch((error: unknown) => parts.logger.error({ err: error }, 'the heartbeat failed'));
  }, EVERY_MS);
  timer.unref();
  return {
    begun,
    stop: async () => {
      clearInterval(timer);
      await begun.catch(() => undefined);
    },
  };
}
