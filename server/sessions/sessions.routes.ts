import { z } from 'zod';
import { exportQuery, newSession, session, sessionChange, sessionPage, sessionQuery } from '#contracts/sessions.ts';
import type { Match } from '#contracts/lists.ts';
import { rowIdInPath } from '#contracts/text.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import type { Generations } from '../turns/generations.ts';
import {
  changeSession,
  countSessions,
  createSession,
  deleteSession,
  listSessions,
  readBeginnings,
  readMessages,
  readRunningStreams,
  readSession,
  type SessionDetails,
  type SessionFilter,
} from './sessions.store.ts';
import { searchSessions } from './search-sessions.store.ts';
import { toMarkdown } from './export.ts';
import { showSession, showSessionRow } from './show-session.ts';

export interface SessionsParts {
  config: Config;
  database: Database;
  generations: Generations;
  clock: () => number;
}

const config = { access: 'user' as const };
const reading = { access: 'anyone' as const };
const tags = ['sessions'];
const sessionParams = z.object({ id: rowIdInPath });

export function addSessionRoutes(app: App, parts: SessionsParts): void {
  addSessionList(app, parts);
  addSessionReading(app, parts);
  addSessionChange(app, parts);
  addSessionMaking(app, parts);
  addSessionExport(app, parts);
}

function addSessionList(app: App, parts: SessionsParts): void {
  const { read } = parts.database;
  const schema = { tags, querystring: sessionQuery, response: answers({ 200: sessionPage }) };
  app.get('/sessions', { config: reading, schema }, async (request, reply) => {
    void reply.header('x-robots-tag', 'noindex');
    const { mine, bot, q } = request.query;
    const filter = { userId: mine === 'true' ? visitorOf(request).id : undefined, bot };
    const range = pageRange(request.query);
    const { rows, count } = await readSessions(parts, filter, q, range);
    const beginnings = await readBeginnings(
      read,
      rows.map(({ id }) => id),
    );
    const results = rows.map(({ match, ...row }) => ({
      ...showSessionRow(row, request.visitor, beginnings.get(row.id) ?? ''),
      ...(match === undefined ? {} : { match }),
    }));
    const address = { publicUrl: parts.config.PUBLIC_URL, path: '/sessions', filters: { mine, bot, q } };
    return sendPage(reply, address, range, { results, count });
  });
}

async function readSessions(
  { database: { read } }: SessionsParts,
  filter: SessionFilter,
  q: string | undefined,
  range: { limit: number; offset: number },
): Promise<{ rows: (SessionDetails & { match?: Match | null })[]; count: number }> {
  if (q) return searchSessions(read, { ...filter, q }, range);
  const [rows, count] = await Promise.all([listSessions(read, filter, range), countSessions(read, filter)]);
  return { rows, count };
}

function addSessionMaking(app: App, parts: SessionsParts): void {
  const schema = { tags, body: newSession, response: answers({ 201: session }) };
  app.post('/sessions', { config, schema }, async (request, reply) => {
    const visitor = visitorOf(request);
    const args = { userId: visitor.id, bot: request.body.bot, now: parts.clock() };
    const id = await parts.database.write(createSession, args);
    void reply.code(201).header('location', `${parts.config.PUBLIC_URL}/sessions/${id}`);
    return loadSession(parts, id, visitor);
  });
}

function addSessionExport(app: App, parts: SessionsParts): void {
  const description = 'The conversation as Markdown or JSON, to keep.';
  const schema = {
    tags,
    description,
    params: sessionParams,
    querystring: exportQuery,
    response: answers({ 200: z.string() }),
  };
  app.get('/sessions/:id/export', { config: reading, schema }, async (request, reply) => {
    const { id } = request.params;
    const { format } = request.query;
    const exported = await loadSession(parts, id, request.visitor);
    void reply.header('content-disposition', `attachment; filename="daesa-session-${id}.${format}"`);
    const type = format === 'md' ? 'text/markdown; charset=utf-8' : 'application/json; charset=utf-8';
    const text = format === 'md' ? toMarkdown(exported) : JSON.stringify(exported, null, 2);
    return reply.type(type).serializer(String).send(text);
  });
}

/** A session with everything in it, as `visitor` may see it. Throws `not_found`. */
export async function loadSession(parts: Pick<SessionsParts, 'database'>, id: number, visitor: Visitor | undefined) {
  const { read } = parts.database;
  const row = await readSession(read, { id, readerId: visitor?.id ?? 0 });
  if (!row) throw new Problem('not_found');
  const [messages, streams] = await Promise.all([readMessages(read, id), readRunningStreams(read, id)]);
  return showSession(row, visitor, messages, streams);
}

function addSessionReading(app: App, parts: SessionsParts): void {
  const schema = { tags, params: sessionParams, response: answers({ 200: session }) };
  app.get('/sessions/:id', { config: reading, schema }, (request, reply) => {
    void reply.header('x-robots-tag', 'noindex');
    return loadSession(parts, request.params.id, request.visitor);
  });
}

function addSessionChange(app: App, parts: SessionsParts): void {
  const { database } = parts;
  app.patch(
    '/sessions/:id',
    { config, schema: { tags, params: sessionParams, body: sessionChange, response: answers({ 200: session }) } },
    async (request) => {
      const visitor = visitorOf(request);
      const { id } = request.params;
      const { title, visibility, pinned, branch } = request.body;
      const change = { title, visibility, pinned, branch };
      const changed = await database.write(changeSession, { id, userId: visitor.id, ...change });
      if (!changed) throw new Problem('not_found');
      return loadSession(parts, id, visitor);
    },
  );
  app.delete(
    '/sessions/:id',
    { config, schema: { tags, params: sessionParams, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      const { id } = request.params;
      await parts.generations.stop({ userId, sessionId: id });
      if (!(await database.write(deleteSession, { id, userId, now: parts.clock() }))) throw new Problem('not_found');
      return reply.code(204).send();
    },
  );
}
