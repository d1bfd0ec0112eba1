import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { chatBody, turn, turnPage, turnQuery, type Turn } from '#contracts/chat.ts';
import { rowIdInPath } from '#contracts/text.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import { quotaHeaders } from '../spend/quota-headers.ts';
import { ask, readIdempotencyKey, type Asked, type AskParts } from './ask.ts';
import { countTurns, deleteTurn, listTurns, readTurn, type TurnRow } from './chat.store.ts';
import type { FollowParts } from './follow.ts';
import { readGeneration } from './generation.store.ts';
import type { Generation, Outcome } from './generation.ts';
import { addQuotaHeaders } from './quota-reply.ts';
import { showTurn } from './show-turn.ts';
import { addStreamRoutes } from './stream.routes.ts';

export type ChatParts = AskParts & FollowParts;

const config = { access: 'user' as const };
const turnParams = z.object({ id: rowIdInPath });

export function addChatRoutes(app: App, parts: ChatParts): void {
  addAsk(app, parts);
  addStreamRoutes(app, parts);
  addHistory(app, parts);
  addTurn(app, parts);
}

function addAsk(app: App, parts: ChatParts): void {
  app.post(
    '/chat',
    { config, schema: { tags: ['chat'], body: chatBody, response: answers({ 201: turn }) } },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const idempotency = readIdempotencyKey(request.headers['idempotency-key'], 'POST /chat');
      const asked = await ask(parts, { id: visitor.id, idempotency, waits: true }, request.body);
      const answer =
        'repeats' in asked
          ? await repeatTurn(parts, visitor, asked.repeats)
          : await answerTurn(parts, visitor, asked, reply);
      request.spent = { model: answer.model ?? '', tokens: answer.usage?.total_tokens ?? 0 };
      if ('repeats' in asked) await addQuotaHeaders(parts, visitor, reply);
      return reply.code(201).header('location', `${parts.config.PUBLIC_URL}/chat/${answer.id}`).send(answer);
    },
  );
}

/** Waits for the answer and shows it; a failure is thrown as the problem it ended with. */
async function answerTurn(
  parts: ChatParts,
  visitor: Visitor,
  asked: Exclude<Asked, { repeats: string }>,
  reply: FastifyReply,
): Promise<Turn> {
  const { generation, quota } = asked;
  const outcome = await generation.outcome;
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
  };
}

/** The accepted answer again, for an Idempotency-Key that came before. */
async function repeatTurn(parts: ChatParts, visitor: Visitor, generationId: string): Promise<Turn> {
  const stored = await readGeneration(parts.database.read, { id: generationId, userId: visitor.id });
  if (stored?.state === 'running') throw new Problem('idempotency_running', undefined, { retryAfterS: 1 });
  const row = stored && (await readTurn(parts.database.read, { userId: visitor.id, id: stored.prompt_id }));
  if (!row) throw new Problem('gone', 'The answer to this Idempotency-Key has been deleted.');
  if (stored.error !== null) throw storedProblem(stored.error);
  return showTurn(row, visitor, parts.config.PUBLIC_URL, true);
}

function storedProblem(error: string): Problem {
  const { code, detail, retry_after_s: retryAfterS } = JSON.parse(error);
  return new Problem(code, detail, { retryAfterS });
}

function addHistory(app: App, parts: ChatParts): void {
  const schema = { tags: ['chat'], querystring: turnQuery, response: answers({ 200: turnPage }) };
  app.get('/chat', { config, schema }, async (request, reply) => {
    const visitor = visitorOf(request);
    const filter = { userId: visitor.id, q: request.query.q };
    const range = pageRange(request.query);
    const [rows, count] = await Promise.all([
      listTurns(parts.database.read, filter, range),
      countTurns(parts.database.read, filter),
    ]);
    const results = rows.map((row) => showTurn(row, visitor, parts.config.PUBLIC_URL));
    const address = { publicUrl: parts.config.PUBLIC_URL, path: '/chat', filters: { q: filter.q } };
    return sendPage(reply, address, range, { results, count });
  });
}

function addTurn(app: App, parts: ChatParts): void {
  const { database } = parts;
  app.get(
    '/chat/:id',
    { config, schema: { tags: ['chat'], params: turnParams, response: answers({ 200: turn }) } },
    async (request) => {
      const visitor = visitorOf(request);
      const row = await readTurn(database.read, { userId: visitor.id, id: request.params.id });
      if (!row) throw new Problem('not_found');
      return showTurn(row, visitor, parts.config.PUBLIC_URL);
    },
  );
  app.delete(
    '/chat/:id',
    { config, schema: { tags: ['chat'], params: turnParams, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      const { id } = request.params;
      await parts.generations.stop({ userId, promptId: id });
      if (!(await database.write(deleteTurn, { userId, id }))) throw new Problem('not_found');
      return reply.code(204).send();
    },
  );
}
