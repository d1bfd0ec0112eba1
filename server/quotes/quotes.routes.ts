import { z } from 'zod';
import {
  newQuote,
  quote,
  quoteChange,
  quoteMerge,
  quotePage,
  quoteQuery,
  similarQuery,
  similarQuotes,
  type Quote,
} from '#contracts/quotes.ts';
import { rowIdInPath } from '#contracts/text.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import { findSimilar } from './knowledge.store.ts';
import { mergeQuotes } from './merge.store.ts';
import {
  addVote,
  changeQuote,
  countQuotes,
  createQuote,
  deleteQuote,
  findQuote,
  listQuotes,
  removeVote,
  type QuoteRow,
} from './quotes.store.ts';

export interface QuotesParts {
  config: Config;
  database: Database;
  clock: () => number;
}

const reading = { access: 'anyone' as const };
const writing = { access: 'user' as const };
const tags = ['quotes'];
const quoteParams = z.object({ id: rowIdInPath });

export function addQuoteRoutes(app: App, parts: QuotesParts): void {
  addQuoteList(app, parts);
  addQuoteReading(app, parts);
  addQuoteMaking(app, parts);
  addQuoteChange(app, parts);
  addVoting(app, parts);
  addMerging(app, parts);
}

function addQuoteList(app: App, parts: QuotesParts): void {
  const { read } = parts.database;
  const schema = { tags, querystring: quoteQuery, response: answers({ 200: quotePage }) };
  app.get('/quote', { config: reading, schema }, async (request, reply) => {
    const { is_apply, status, mine, voted, q, sort } = request.query;
    const own = mine === 'true' || voted === 'true';
    const readerId = own ? visitorOf(request).id : (request.visitor?.id ?? 0);
    const isApply = is_apply === undefined ? undefined : is_apply === 'true';
    const filter = { readerId, mine: mine === 'true', voted: voted === 'true', isApply, status, q };
    const range = pageRange(request.query);
    const [rows, count] = await Promise.all([listQuotes(read, filter, { ...range, sort }), countQuotes(read, filter)]);
    const results = rows.map((row) => showQuote(row, request.visitor, parts.config.PUBLIC_URL));
    const filters = { is_apply, status, mine, voted, q, sort };
    return sendPage(reply, { publicUrl: parts.config.PUBLIC_URL, path: '/quote', filters }, range, { results, count });
  });
}

function addQuoteReading(app: App, parts: QuotesParts): void {
  const { read } = parts.database;
  app.get(
    '/quote/similar',
    { config: reading, schema: { tags, querystring: similarQuery, response: answers({ 200: similarQuotes }) } },
    async ({ query, visitor }) => {
      const rows = await findSimilar(read, { content: query.content, readerId: visitor?.id ?? 0 });
      const results = rows.map((row) => ({
        ...showQuote(row, visitor, parts.config.PUBLIC_URL),
        similarity: Math.round(row.similarity * 100) / 100,
      }));
      return { results, count: results.length };
    },
  );
  app.get(
    '/quote/:id',
    { config: reading, schema: { tags, params: quoteParams, response: answers({ 200: quote }) } },
    ({ params, visitor }) => loadQuote(parts, params.id, visitor),
  );
}

async function loadQuote(parts: QuotesParts, id: number, visitor: Visitor | undefined): Promise<Quote> {
  const row = await findQuote(parts.database.read, { id, readerId: visitor?.id ?? 0 });
  if (!row) throw new Problem('not_found');
  return showQuote(row, visitor, parts.config.PUBLIC_URL);
}

function addQuoteMaking(app: App, parts: QuotesParts): void {
  const schema = { tags, body: newQuote, response: answers({ 201: quote }) };
  app.post('/quote', { config: writing, schema }, async (request, reply) => {
    const visitor = visitorOf(request);
    const { content, speaker = null, episode = null, situation = null } = request.body;
    const text = { content: content.trim(), speaker, episode, situation };
    const id = await parts.database.write(createQuote, { ...text, userId: visitor.id, now: parts.clock() });
    void reply.code(201).header('location', `${parts.config.PUBLIC_URL}/quote/${id}`);
    return loadQuote(parts, id, visitor);
  });
}

function addQuoteChange(app: App, parts: QuotesParts): void {
  const { database } = parts;
  app.put(
    '/quote/:id',
    { config: writing, schema: { tags, params: quoteParams, body: quoteChange, response: answers({ 201: quote }) } },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const { id } = request.params;
      const { is_apply: isApply, status, reply: answer, ...text } = request.body;
      await database.write(changeQuote, {
        id,
        userId: visitor.id,
        administrator: visitor.role === 'administrator',
        text,
        decision: { isApply, status, reply: answer },
        now: parts.clock(),
      });
      void reply.code(201);
      return loadQuote(parts, id, visitor);
    },
  );
  app.delete(
    '/quote/:id',
    { config: writing, schema: { tags, params: quoteParams, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const { id: userId, role } = visitorOf(request);
      const administrator = role === 'administrator';
      await database.write(deleteQuote, { id: request.params.id, userId, administrator, now: parts.clock() });
      return reply.code(204).send();
    },
  );
}

function addVoting(app: App, { database, clock }: QuotesParts): void {
  const schema = { tags, params: quoteParams, response: answers({ 204: nothing }) };
  app.put('/quote/:id/vote', { config: writing, schema }, async (request, reply) => {
    await database.write(addVote, { id: request.params.id, userId: visitorOf(request).id, now: clock() });
    return reply.code(204).send();
  });
  app.delete('/quote/:id/vote', { config: writing, schema }, async (request, reply) => {
    await database.write(removeVote, { id: request.params.id, userId: visitorOf(request).id });
    return reply.code(204).send();
  });
}

function addMerging(app: App, parts: QuotesParts): void {
  const config = { access: 'administrator' as const };
  const schema = { tags, params: quoteParams, body: quoteMerge, response: answers({ 200: quote }) };
  app.post('/quote/:id/merge', { config, schema }, async (request) => {
    const { into } = request.body;
    const actorId = visitorOf(request).id;
    await parts.database.write(mergeQuotes, { id: request.params.id, into, actorId, now: parts.clock() });
    return loadQuote(parts, into, visitorOf(request));
  });
}

function toIso(instant: number): string {
  return new Date(instant).toISOString();
}

function showQuote(row: QuoteRow, visitor: Visitor | undefined, publicUrl: string): Quote {
  const href = `${publicUrl}/quote/${row.id}`;
  const mine = visitor?.id === row.user_id;
  const seesAddress = mine || visitor?.role === 'administrator';
  const { id, content, speaker, episode, situation, status, votes, reply, merged_into } = row;
  return {
    id,
    user: (seesAddress ? row.email : null) ?? row.nickname,
    content,
    speaker,
    episode,
    situation,
    is_apply: row.is_apply === 1,
    status,
    votes,
    voted: row.voted > 0,
    mine,
    reply,
    merged_into,
    created_at: toIso(row.created_at),
    updated_at: toIso(row.updated_at),
    applied_at: row.applied_at === null ? null : toIso(row.applied_at),
    links: [
      { rel: 'self', method: 'GET', href },
      { rel: 'patch', method: 'PUT', href },
      { rel: 'delete', method: 'DELETE', href },
    ],
  };
}
