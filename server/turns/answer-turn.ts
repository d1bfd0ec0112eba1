import type { FastifyReply } from 'fastify';
import type { Turn } from '#contracts/chat.ts';
import { Problem } from '../errors.ts';
import type { Visitor } from '../http/visitor.ts';
import { quotaHeaders } from '../spend/quota-headers.ts';
import type { AskParts, StartedTurn } from './start-turn.ts';
import { readGeneration, type StoredGeneration } from './stored-generation.store.ts';
import { outcomeOf, type Generation, type Outcome } from './generation.ts';
import { addQuotaHeaders } from './quota-reply.ts';
import { showTurn } from './show-turn.ts';
import { readTurn, type TurnRow } from './turn.store.ts';

/** Waits for the answer and shows it; a failure is thrown as the problem it ended with. */
export async function answerTurn(
  parts: AskParts,
  visitor: Visitor,
  asked: StartedTurn,
  reply: FastifyReply,
): Promise<Turn> {
  const { generation, quota } = asked;
  const outcome = await outcomeOf(generation);
  if (outcome.problem) {
    await addQuotaHeaders(parts, visitor, reply);
    throw outcome.problem;
  }
  void reply.headers(quotaHeaders(quota, parts.clock()));
  return showTurn(turnOf(generation, outcome, asked), visitor, parts.config.PUBLIC_URL, true);
}

function turnOf(generation: Generation, outcome: Outcome, asked: { content: string; createdAt: number }): TurnRow {
  const replied = outcome.replyId !== null;
  return {
    id: generation.plan.promptId,
    session_id: generation.plan.sessionId,
    content: asked.content,
    status: outcome.state,
    created_at: asked.createdAt,
    updated_at: outcome.finishedAt,
    reply_id: outcome.replyId,
    reply_content: replied ? outcome.text : null,
    reply_created_at: replied ? outcome.repliedAt : null,
    model: outcome.model || null,
    prompt_tokens: outcome.usage.promptTokens,
    completion_tokens: outcome.usage.completionTokens,
    left_out: outcome.leftOut,
    citations: outcome.citations,
  };
}

/** The accepted answer again, for an Idempotency-Key that came before. */
export async function repeatTurn(parts: AskParts, visitor: Visitor, generationId: string): Promise<Turn> {
  const stored = await readGeneration(parts.database.read, { id: generationId, userId: visitor.id });
  if (stored?.state === 'running') throw new Problem('idempotency_running', undefined, { retryAfterS: 1 });
  const row = stored && (await readTurn(parts.database.read, { userId: visitor.id, id: stored.prompt_id }));
  if (!row) throw new Problem('gone', 'The answer to this Idempotency-Key has been deleted.');
  if (stored.error !== null) throw storedProblem(stored.error);
  return showTurn(answerOf(row, stored), visitor, parts.config.PUBLIC_URL, true);
}

/** The turn with the reply of one generation, where another may have been chosen since. */
function answerOf(row: TurnRow, stored: StoredGeneration): TurnRow {
  if (row.reply_id === stored.reply_id || stored.reply_id === null) return row;
  const { reply_id, text, model, prompt_tokens, completion_tokens, finished_at, left_out, citations } = stored;
  return {
    ...row,
    reply_id,
    reply_content: text,
    reply_created_at: finished_at,
    model,
    prompt_tokens,
    completion_tokens,
    left_out,
    citations,
  };
}

function storedProblem(error: string): Problem {
  const { code, detail, retry_after_s: retryAfterS } = JSON.parse(error);
  return new Problem(code, detail, { retryAfterS });
}
