import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import { advanceRun } from './advance-run.store.ts';
import { failLostFiles } from './chunks.store.ts';
import { findLostRuns, type LostRun } from './recover-runs.store.ts';
import { expireRuns } from './run-state.store.ts';

interface RecoveryParts {
  database: Database;
  instanceId: string;
  clock: () => number;
  logger: FastifyBaseLogger;
}

const error = { code: 'server_error' as const, message: 'The server stopped while this run was under way.' };

/** What it had written stays, and what was noted of its call counts; without a word everything goes back. */
async function endLost(
  { database, clock }: RecoveryParts,
  { run, message, step, noted, model }: LostRun,
): Promise<void> {
  const text = message?.text ?? '';
  // A word that was saved before the first note is all that is known of its call.
  const saved = { model, promptTokens: 0, cachedTokens: 0, completionTokens: estimateTokens(text), estimated: true };
  const used = noted ?? (text === '' ? null : saved);
  const cancels = run.status === 'cancelling';
  const reason = cancels ? 'run_cancelled' : 'run_failed';
  await database.write(advanceRun, {
    runId: run.id,
    now: clock(),
    ...(run.reservation_id === null ? {} : { call: { reservationId: run.reservation_id, settle: used } }),
    ...(message
      ? {
          message: {
            id: message.id,
            content: text === '' ? [] : [{ type: 'text' as const, text: { value: text, annotations: [] } }],
            status: 'incomplete' as const,
            reason,
            model,
          },
        }
      : {}),
    ...(step ? { step: { id: step, status: cancels ? ('cancelled' as const) : ('failed' as const), error } } : {}),
    to: cancels ? { status: 'cancelled' } : { status: 'failed', error },
  });
}

/** Ends the runs that no living instance carries on, and those that have waited too long for outputs. */
export async function recoverRuns(parts: RecoveryParts): Promise<void> {
  const { database, instanceId, clock, logger } = parts;
  const lost = await findLostRuns(database.read, { instanceId, alone: database.kind === 'sqlite' });
  for (const one of lost) {
    try {
      await endLost(parts, one);
    } catch (failure) {
      logger.error({ err: failure, run: one.run.public_id }, 'an abandoned run could not be ended');
    }
  }
  if (lost.length > 0) logger.warn({ count: lost.length }, 'ended the runs of a stopped process');
  await database.write(expireRuns, { now: clock() });
  await database.write(failLostFiles, { instanceId, alone: database.kind === 'sqlite' });
}
