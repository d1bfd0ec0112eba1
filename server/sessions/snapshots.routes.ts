import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { pageQuery } from '#contracts/lists.ts';
import { session } from '#contracts/sessions.ts';
import {
  hideBody,
  reportBody,
  reportedSnapshotPage,
  snapshot,
  snapshotBody,
  snapshotOwner,
  snapshotPage,
  snapshotQuery,
  type SnapshotBody,
} from '#contracts/snapshots.ts';
import { rowIdInPath } from '#contracts/text.ts';
import { invalidField, Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import { loadSession, type SessionsParts } from './sessions.routes.ts';
import { openSnapshot, showSnapshot, showSnapshotRow, turnsOf } from './show-snapshot.ts';
import {
  copySnapshot,
  countReported,
  countSnapshots,
  findSnapshot,
  hideSnapshot,
  listReported,
  listSnapshots,
  publishSession,
  readReasons,
  replaceSnapshot,
  reportSnapshot,
  revokeSnapshot,
  type SnapshotFilter,
} from './snapshots.store.ts';

export interface SnapshotsParts extends SessionsParts {
  /** The server's own secret, for keyed hashes. */
  secret: string;
}

const config = { access: 'user' as const };
const open = { access: 'open' as const };
const administering = { access: 'administrator' as const };
const tags = ['publishing'];
const sessionParams = z.object({ id: rowIdInPath });
const pageParams = z.object({ id: z.string().regex(/^[\w-]{10,64}$/) });

export function addSnapshotRoutes(app: App, parts: SnapshotsParts): void {
  addPublishing(app, parts);
  addPageReading(app, parts);
  addOwnPage(app, parts);
  addPageChange(app, parts);
  addCopying(app, parts);
  addReporting(app, parts);
  addHiding(app, parts);
}

function addPublishing(app: App, parts: SnapshotsParts): void {
  const { database, clock } = parts;
  const publicUrl = parts.config.PUBLIC_URL;
  app.post(
    '/sessions/:id/snapshots',
    {
      config,
      schema: { tags, params: sessionParams, body: snapshotBody.nullish(), response: answers({ 201: snapshot }) },
    },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const sessionId = request.params.id;
      const shown = await loadOwn(parts, sessionId, visitor);
      const id = randomBytes(16).toString('base64url');
      const setting = settingOf(request.body ?? {}, visitor, clock());
      const named = setting.author === undefined ? visitor.nickname : setting.author;
      const args = {
        ...setting,
        author: named,
        id,
        sessionId,
        userId: visitor.id,
        turns: turnsOf(shown),
        now: clock(),
      };
      await database.write(publishSession, args);
      void reply.code(201).header('location', `${publicUrl}/s/${id}`);
      return showSnapshot(openSnapshot(await findSnapshot(database.read, id), clock()), publicUrl);
    },
  );
  app.get(
    '/sessions/:id/snapshots',
    {
      config,
      schema: { tags, params: sessionParams, querystring: pageQuery, response: answers({ 200: snapshotPage }) },
    },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const { id } = request.params;
      await loadOwn(parts, id, visitor);
      const pages = { session: { id, userId: visitor.id }, path: `/sessions/${id}/snapshots` };
      return sendList(parts, request.query, reply, pages);
    },
  );
}

async function loadOwn(parts: SnapshotsParts, id: number, visitor: Visitor) {
  const shown = await loadSession(parts, id, visitor);
  if (!shown.mine) throw new Problem('not_found');
  return shown;
}

function settingOf(body: SnapshotBody, visitor: Visitor, now: number) {
  const { title, anonymous, listed, expires_at } = body;
  const expiresAt = typeof expires_at === 'string' ? Date.parse(expires_at) : expires_at;
  if (typeof expiresAt === 'number' && expiresAt <= now) throw invalidField('expires_at', 'takes a time to come');
  const author = anonymous === undefined ? undefined : anonymous ? null : visitor.nickname;
  return { title, author, listed, expiresAt };
}

async function sendList(
  { config: { PUBLIC_URL: publicUrl }, database, clock }: SnapshotsParts,
  query: z.infer<typeof pageQuery>,
  reply: FastifyReply,
  { path, ...wanted }: Pick<SnapshotFilter, 'session' | 'bot'> & { path: string },
) {
  const now = clock();
  const filter = { ...wanted, now };
  const range = pageRange(query);
  const [rows, count] = await Promise.all([
    listSnapshots(database.read, filter, range),
    countSnapshots(database.read, filter),
  ]);
  const results = rows.map((row) => showSnapshotRow(row, publicUrl, now));
  return sendPage(reply, { publicUrl, path, filters: { bot: wanted.bot } }, range, { results, count });
}

/** Nobody is asked who they are, no cookie is set, and a cache has to ask again each time: a revoked page is gone at once. */
function addPageReading(app: App, parts: SnapshotsParts): void {
  const { database, clock } = parts;
  app.get(
    '/s/:id',
    { config: open, schema: { tags, params: pageParams, response: answers({ 200: snapshot }) } },
    async (request, reply) => {
      void reply.header('x-robots-tag', 'noindex');
      const row = openSnapshot(await findSnapshot(database.read, request.params.id), clock());
      const shown = showSnapshot(row, parts.config.PUBLIC_URL);
      const etag = `"${createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 27)}"`;
      void reply.headers({ etag, 'cache-control': 'public, no-cache' });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return shown;
    },
  );
  app.get(
    '/s',
    { config: open, schema: { tags, querystring: snapshotQuery, response: answers({ 200: snapshotPage }) } },
    (request, reply) => {
      void reply.header('x-robots-tag', 'noindex');
      return sendList(parts, request.query, reply, { bot: request.query.bot, path: '/s' });
    },
  );
}

/** The page itself is the same for everybody; this is how its author finds the way back. */
function addOwnPage(app: App, { database }: SnapshotsParts): void {
  const schema = { tags, params: pageParams, response: answers({ 200: snapshotOwner }) };
  app.get('/s/:id/own', { config, schema }, async (request) => {
    const row = await findSnapshot(database.read, request.params.id);
    if (!row) throw new Problem('not_found');
    const mine = row.user_id === visitorOf(request).id;
    return { mine, session_id: mine ? row.session_id : null };
  });
}

function addPageChange(app: App, parts: SnapshotsParts): void {
  const { database, clock } = parts;
  app.put(
    '/s/:id',
    {
      config,
      schema: { tags, params: pageParams, body: snapshotBody.nullish(), response: answers({ 200: snapshot }) },
    },
    async (request) => {
      const visitor = visitorOf(request);
      const { id } = request.params;
      const row = await findSnapshot(database.read, id);
      const own = row?.user_id === visitor.id && row.session_id !== null;
      const turns = own ? turnsOf(await loadOwn(parts, row.session_id!, visitor)) : null;
      const setting = settingOf(request.body ?? {}, visitor, clock());
      await database.write(replaceSnapshot, { ...setting, id, userId: visitor.id, turns, now: clock() });
      return showSnapshot((await findSnapshot(database.read, id))!, parts.config.PUBLIC_URL);
    },
  );
  app.delete(
    '/s/:id',
    { config, schema: { tags, params: pageParams, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      await database.write(revokeSnapshot, { id: request.params.id, userId, now: clock() });
      return reply.code(204).send();
    },
  );
}

function addCopying(app: App, parts: SnapshotsParts): void {
  const { database, clock } = parts;
  const description = 'Copies a published page into a private session of one’s own.';
  const schema = { tags, description, params: pageParams, response: answers({ 201: session }) };
  app.post('/s/:id/copy', { config, schema }, async (request, reply) => {
    const visitor = visitorOf(request);
    const { title, bot, content } = openSnapshot(await findSnapshot(database.read, request.params.id), clock());
    const named = { title, titledBy: 'user' as const };
    const args = { ...named, bot, turns: JSON.parse(content), userId: visitor.id, now: clock() };
    const id = await database.write(copySnapshot, args);
    void reply.code(201).header('location', `${parts.config.PUBLIC_URL}/sessions/${id}`);
    return loadSession(parts, id, visitor);
  });
}

/** Who reports, without saying who: members by their id, others by a keyed hash of their address. */
function reporterOf(request: FastifyRequest, secret: string): string {
  if (request.visitor) return `user:${request.visitor.id}`;
  return `network:${createHmac('sha256', secret).update(request.ip).digest('base64url').slice(0, 22)}`;
}

function addReporting(app: App, { database, clock, secret }: SnapshotsParts): void {
  const schema = { tags, params: pageParams, body: reportBody, response: answers({ 204: nothing }) };
  app.post('/s/:id/report', { config: { access: 'anyone' }, schema }, async (request, reply) => {
    const { id } = request.params;
    const { reason } = request.body;
    await database.write(reportSnapshot, { id, reporter: reporterOf(request, secret), reason, now: clock() });
    return reply.code(204).send();
  });
}

function addHiding(app: App, { config: { PUBLIC_URL: publicUrl }, database, clock }: SnapshotsParts): void {
  const listing = { tags, querystring: pageQuery, response: answers({ 200: reportedSnapshotPage }) };
  app.get('/admin/pages', { config: administering, schema: listing }, async (request, reply) => {
    const range = pageRange(request.query);
    const [rows, count] = await Promise.all([listReported(database.read, range), countReported(database.read)]);
    const reasons = await readReasons(
      database.read,
      rows.map(({ id }) => id),
    );
    const results = rows.map((row) => ({
      ...showSnapshotRow(row, publicUrl, clock()),
      reports: row.reports,
      reasons: reasons.get(row.id) ?? [],
    }));
    return sendPage(reply, { publicUrl, path: '/admin/pages', filters: {} }, range, { results, count });
  });
  const hiding = { tags, params: pageParams, body: hideBody, response: answers({ 204: nothing }) };
  app.put('/admin/pages/:id', { config: administering, schema: hiding }, async (request, reply) => {
    const actorId = visitorOf(request).id;
    await database.write(hideSnapshot, { id: request.params.id, hidden: request.body.hidden, actorId, now: clock() });
    return reply.code(204).send();
  });
}
