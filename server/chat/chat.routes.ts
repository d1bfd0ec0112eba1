import { z } from 'zod';
import { chatBody, turn, turnPage, turnQuery } from '#contracts/chat.ts';
import type { Match } from '#contracts/lists.ts';
import { rowIdInPath } from '#contracts/text.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf } from '../http/visitor.ts';
import { answerTurn, repeatTurn } from '../turns/answer-turn.ts';
import { ask, readIdempotencyKey } from '../turns/ask.ts';
import type { AskParts } from '../turns/start-turn.ts';
import type { FollowParts } from '../turns/follow.ts';
import { addQuotaHeaders } from '../turns/quota-reply.ts';
import { showTurn } from '../turns/show-turn.ts';
import { deleteTurn, readTurn, type TurnRow } from '../turns/turn.store.ts';
import { countTurns, listTurns, searchTurns } from './chat.store.ts';
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
    {
      config,
      schema: {
        tags: ['chat'],
        summary: 'Ask the model, and wait for its answer',
        body: chatBody,
        response: answers({ 201: turn }),
      },
    },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const idempotency = readIdempotencyKey(request.headers['idempotency-key'], 'POST /chat');
      const asked = await ask(
        parts,
        { id: visitor.id, key: visitor.key, idempotency, traceId: request.id, waits: true },
        request.body,
      );
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

function addHistory(app: App, parts: ChatParts): void {
  const schema = { tags: ['chat'], querystring: turnQuery, response: answers({ 200: turnPage }) };
  app.get('/chat', { config, schema }, async (request, reply) => {
    const visitor = visitorOf(request);
    const { q } = request.query;
    const range = pageRange(request.query);
    const { rows, count } = await readTurns(parts, visitor.id, q, range);
    const results = rows.map(({ match, ...row }) => ({
      ...showTurn(row, visitor, parts.config.PUBLIC_URL),
      ...(match ? { match } : {}),
    }));
    const address = { publicUrl: parts.config.PUBLIC_URL, path: '/chat', filters: { q } };
    return sendPage(reply, address, range, { results, count });
  });
}

async function readTurns(
  { database: { read } }: ChatParts,
  userId: number,
  q: string | undefined,
  range: { limit: number; offset: number },
): Promise<{ rows: (TurnRow & { match?: Match })[]; count: number }> {
  if (q) return searchTurns(read, userId, q, range);
  const [rows, count] = await Promise.all([listTurns(read, userId, range), countTurns(read, userId)]);
  return { rows, count };
}

function addTurn(app: App, parts: ChatParts): void {
  const { database } = parts;
  app.get(
    '/chat/:id',
    { config, schema: { tags: ['chat'], summary: 'One turn', params: turnParams, response: answers({ 200: turn }) } },
    async (request) => {
      const visitor = visitorOf(request);
      const row = await readTurn(database.read, { userId: visitor.id, id: request.params.id });
      if (!row) throw new Problem('not_found');
      return showTurn(row, visitor, parts.config.PUBLIC_URL);
    },
  );
  app.delete(
    '/chat/:id',
    {
      config,
      schema: {
        tags: ['chat'],
        summary: 'Delete a turn; one that runs is stopped',
        params: turnParams,
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      const { id } = request.params;
      await parts.generations.stop({ userId, promptId: id });
      if (!(await database.write(deleteTurn, { userId, id }))) throw new Problem('not_found');
      return reply.code(204).send();
    },
  );
}
