import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { settlementOfNote } from '../spend/progress.store.ts';
import { endCall, findOrphanCalls, type OrphanCall } from './gateway.store.ts';

interface RecoveryParts {
  database: Database;
  instanceId: string;
  clock: () => number;
  logger: FastifyBaseLogger;
}

/** An instance is dead when its last heartbeat is older than this. */
const LOST_MS = 15_000;

/** What its reader had seen counts as far as it was noted; where nothing was, everything goes back. */
async function endOrphanCall({ database, clock }: RecoveryParts, call: OrphanCall): Promise<void> {
  const end = { settle: settlementOfNote(call), status: null, kept: null };
  await database.write(endCall, { ...end, reservationId: call.id, now: clock() });
}

/** Closes the reservations of calls that no living instance carries. */
export async function recoverCalls(parts: RecoveryParts): Promise<void> {
  const { database, instanceId, logger } = parts;
  const alone = database.kind === 'sqlite';
  const orphans = await findOrphanCalls(database.read, { instanceId, alone, lostMs: LOST_MS });
  for (const orphan of orphans) {
    try {
      await endOrphanCall(parts, orphan);
    } catch (error) {
      logger.error({ err: error, reservation: orphan.id }, 'an abandoned call could not be closed');
    }
  }
  if (orphans.length > 0) logger.warn({ count: orphans.length }, 'closed the calls of a stopped process');
}
