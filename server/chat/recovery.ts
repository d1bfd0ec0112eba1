import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { estimateUsage } from '../upstream/estimate-tokens.ts';
import { beat, findOrphans, finishGeneration, HEARTBEAT_LOST_MS, type Orphan } from './generation.store.ts';

interface RecoveryParts {
  database: Database;
  instanceId: string;
  clock: () => number;
  logger: FastifyBaseLogger;
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
    error: JSON.stringify(problem.toDocument(`/chat/${orphan.promptId}`)),
    now: parts.clock(),
  });
}

export async function recoverGenerations(parts: RecoveryParts): Promise<number> {
  const { database, instanceId } = parts;
  const orphans = await findOrphans(database.read, { instanceId, alone: database.kind === 'sqlite' });
  for (const orphan of orphans) await endOrphan(parts, orphan);
  if (orphans.length > 0) parts.logger.warn({ count: orphans.length }, 'ended what a stopped process was writing');
  return orphans.length;
}

/** Says that this process lives, and ends the generations of those that do not; at once, then every 5 s. */
export async function keepAlive(parts: RecoveryParts): Promise<() => void> {
  const round = async () => {
    await parts.database.write(beat, { instanceId: parts.instanceId });
    await recoverGenerations(parts);
  };
  await round();
  const timer = setInterval(() => {
    round().catch((error: unknown) => parts.logger.error({ err: error }, 'the heartbeat failed'));
  }, HEARTBEAT_LOST_MS / 3);
  timer.unref();
  return () => clearInterval(timer);
}
