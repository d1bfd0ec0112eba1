import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  askBody,
  promptAnswer,
  promptBody,
  promptChange,
  promptStream,
  promptTurn,
  session,
  type SessionPrompt,
} from '#contracts/sessions.ts';
import { rowIdInPath } from '#contracts/text.ts';
import { invalidField, Problem } from '../errors.ts';
import { answers, type App } from '../http/app-types.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import { quotaHeaders } from '../spend/quota-headers.ts';
import { answerTurn, repeatTurn } from '../turns/answer-turn.ts';
import { readIdempotencyKey } from '../turns/ask.ts';
import { readGeneration } from '../turns/stored-generation.store.ts';
import { answerIntake } from '../turns/place.store.ts';
import { addQuotaHeaders } from '../turns/quota-reply.ts';
import { startTurn, type Asked, type AskParts, type Question } from '../turns/start-turn.ts';
import { loadSession } from './sessions.routes.ts';
import { markReply } from './marks.store.ts';
import { changeAnswer, chooseReply } from './prompts.store.ts';
import { readSession } from './sessions.store.ts';

const config = { access: 'user' as const };
const tags = ['sessions'];
const sessionParams = z.object({ id: rowIdInPath });
const promptParams = z.object({ id: rowIdInPath, promptId: rowIdInPath });

export function addPromptRoutes(app: App, parts: AskParts): void {
  addPrompt(app, parts);
  addPromptChange(app, parts);
  addAskIntake(app, parts);
  addRegenerate(app, parts);
}

/** An own session; 404 for everybody else's, also public ones. */
async function requireOwn(parts: AskParts, id: number, visitor: Visitor) {
  const row = await readSession(parts.database.read, { id, readerId: visitor.id });
  if (!row || row.user_id !== visitor.id) throw new Problem('not_found');
  return row;
}

function addPrompt(app: App, parts: AskParts): void {
  const response = answers({ 201: promptAnswer, 202: promptStream });
  app.post(
    '/sessions/:id/prompts',
    { config, schema: { tags, params: sessionParams, body: promptBody, response } },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const { id } = request.params;
      const { content, stream = false, ask = true } = request.body;
      const own = await requireOwn(parts, id, visitor);
      if (own.status === 'ready') throw new Problem('session_in_intake', 'Ask with POST /sessions/{id}/ask.');
      if (own.status === 'open') {
        requireText(content);
        const place = { kind: 'continues' as const, sessionId: id, systemPrompt: null };
        return sendAnswer(parts, request, reply, { place, content, body: request.body }, stream);
      }
      const next = (await loadSession(parts, id, visitor)).next_question;
      if (!next) throw new Problem('conflict');
      const answer = { number: next.number, content };
      if (ask && next.number === next.of) {
        const place = { kind: 'asks' as const, sessionId: id, answer };
        return sendAnswer(parts, request, reply, { place, content: '', body: request.body }, stream);
      }
      const args = { sessionId: id, userId: visitor.id, answer, now: parts.clock() };
      const { promptId } = await parts.database.write(answerIntake, args);
      return reply.code(201).send(await showAnswer(parts, id, promptId, visitor));
    },
  );
}

function requireText(content: string | undefined): asserts content is string {
  if (content === undefined || content.trim() === '') throw invalidField('content', 'takes a text that is not blank');
}

/** A stored answer of the intake, with the state of its session. */
async function showAnswer(parts: AskParts, sessionId: number, promptId: number, visitor: Visitor) {
  const { id, status, next_question, prompts } = await loadSession(parts, sessionId, visitor);
  const prompt = prompts.find((shown) => shown.id === promptId);
  if (!prompt) throw new Problem('not_found');
  const { kind, content, created_at } = prompt;
  return { id: promptId, kind, content, created_at, session: { id, status, next_question } };
}

function addPromptChange(app: App, parts: AskParts): void {
  const response = answers({ 200: session, 201: promptTurn, 202: promptStream });
  app.put(
    '/sessions/:id/prompts/:promptId',
    { config, schema: { tags, params: promptParams, body: promptChange, response } },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const { id, promptId } = request.params;
      const { content, chosen, mark, stream = false } = request.body;
      const own = await requireOwn(parts, id, visitor);
      if (chosen !== undefined) {
        await parts.database.write(chooseReply, { sessionId: id, promptId, replyId: chosen, userId: visitor.id });
      }
      if (mark !== undefined) await parts.database.write(markReply, { sessionId: id, promptId, mark });
      if (content !== undefined && own.status === 'open') {
        requireText(content);
        const place = { kind: 'edits' as const, sessionId: id, promptId };
        return sendAnswer(parts, request, reply, { place, content, body: [promptId, request.body] }, stream);
      }
      if (content !== undefined) {
        const args = { sessionId: id, promptId, userId: visitor.id, content, now: parts.clock() };
        await parts.database.write(changeAnswer, args);
      }
      return reply.code(200).send(await loadSession(parts, id, visitor));
    },
  );
}

function addAskIntake(app: App, parts: AskParts): void {
  const response = answers({ 201: promptTurn, 202: promptStream });
  app.post(
    '/sessions/:id/ask',
    { config, schema: { tags, params: sessionParams, body: askBody.nullish(), response } },
    async (request, reply) => {
      const { id: sessionId } = request.params;
      await requireOwn(parts, sessionId, visitorOf(request));
      const place = { kind: 'asks' as const, sessionId, answer: null };
      const question = { place, content: '', body: request.body ?? {} };
      return sendAnswer(parts, request, reply, question, request.body?.stream ?? false);
    },
  );
}

function addRegenerate(app: App, parts: AskParts): void {
  const response = answers({ 201: promptTurn, 202: promptStream });
  app.post(
    '/sessions/:id/prompts/:promptId/regenerate',
    { config, schema: { tags, params: promptParams, body: askBody.nullish(), response } },
    async (request, reply) => {
      const { id: sessionId, promptId } = request.params;
      await requireOwn(parts, sessionId, visitorOf(request));
      const place = { kind: 'regenerates' as const, sessionId, promptId };
      const question = { place, content: '', body: [promptId, request.body ?? {}] };
      return sendAnswer(parts, request, reply, question, request.body?.stream ?? false);
    },
  );
}

/** Asks, and sends the answer (201) or the stream that it comes on (202), with the state of the session. */
async function sendAnswer(
  parts: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  question: Question,
  streams: boolean,
): Promise<FastifyReply> {
  const visitor = visitorOf(request);
  const sessionId = question.place.kind === 'opens' ? 0 : question.place.sessionId;
  // One key stands for one session: the pattern of the route alone would mix them.
  const route = `${request.method} ${request.routeOptions.url} ${sessionId}`;
  const idempotency = readIdempotencyKey(request.headers['idempotency-key'], route);
  const asked = await startTurn(
    parts,
    { id: visitor.id, key: visitor.key, idempotency, traceId: request.id, waits: !streams },
    question,
  );
  if (streams) return sendStream(parts, reply, visitor, asked, sessionId);
  const turn =
    'repeats' in asked
      ? await repeatTurn(parts, visitor, asked.repeats)
      : await answerTurn(parts, visitor, asked, reply);
  if ('repeats' in asked) await addQuotaHeaders(parts, visitor, reply);
  request.spent = { model: turn.model ?? '', tokens: turn.usage?.total_tokens ?? 0 };
  const state = await stateOf(parts, sessionId, turn.id, visitor);
  void reply.header('location', `${parts.config.PUBLIC_URL}/chat/${turn.id}`);
  return reply.code(201).send({ ...turn, ...state });
}

async function sendStream(
  parts: AskParts,
  reply: FastifyReply,
  visitor: Visitor,
  asked: Asked,
  sessionId: number,
): Promise<FastifyReply> {
  const repeats = 'repeats' in asked;
  const streamId = repeats ? asked.repeats : asked.generation.plan.id;
  if (repeats) await addQuotaHeaders(parts, visitor, reply);
  else void reply.headers(quotaHeaders(asked.quota, parts.clock()));
  const promptId = repeats
    ? (await readGeneration(parts.database.read, { id: streamId, userId: visitor.id }))?.prompt_id
    : asked.generation.plan.promptId;
  if (promptId === undefined) throw new Problem('gone', 'The answer to this Idempotency-Key has been deleted.');
  const state = await stateOf(parts, sessionId, promptId, visitor);
  void reply.header('location', `${parts.config.PUBLIC_URL}/chat/stream/${streamId}`);
  return reply.code(202).send({ id: promptId, stream_id: streamId, status: 'started', ...state });
}

async function stateOf(parts: AskParts, sessionId: number, promptId: number, visitor: Visitor) {
  const { id, status, next_question, prompts } = await loadSession(parts, sessionId, visitor);
  const kind: SessionPrompt['kind'] = prompts.find((prompt) => prompt.id === promptId)?.kind ?? 'question';
  return { kind, session: { id, status, next_question } };
}
