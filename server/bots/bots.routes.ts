import { z } from 'zod';
import {
  bot,
  botChange,
  botPage,
  botRestore,
  botVersionPage,
  newBot,
  type Bot,
  type BotContent,
} from '#contracts/bots.ts';
import { pageQuery } from '#contracts/lists.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf } from '../http/visitor.ts';
import {
  changeBot,
  contentOf,
  countBots,
  countVersions,
  createBot,
  deleteBot,
  findBot,
  listBots,
  listVersions,
  restoreBot,
  type BotRow,
} from './bots.store.ts';

export interface BotsParts {
  config: Config;
  database: Database;
  clock: () => number;
}

const reading = { access: 'anyone' as const };
const administering = { access: 'administrator' as const };
const tags = ['bots'];
const slugParams = z.object({ slug: z.string().max(60) });

export function addBotRoutes(app: App, parts: BotsParts): void {
  addBotReading(app, parts);
  addBotMaking(app, parts);
  addBotChange(app, parts);
  addBotVersions(app, parts);
}

function addBotReading(app: App, { config, database }: BotsParts): void {
  app.get(
    '/bots',
    { config: reading, schema: { tags, querystring: pageQuery, response: answers({ 200: botPage }) } },
    async (request, reply) => {
      const range = pageRange(request.query);
      const administrator = request.visitor?.role === 'administrator';
      const [rows, count] = await Promise.all([listBots(database.read, range), countBots(database.read)]);
      const results = rows.map((row) => showBot(row, administrator));
      return sendPage(reply, { publicUrl: config.PUBLIC_URL, path: '/bots', filters: {} }, range, { results, count });
    },
  );
  app.get(
    '/bots/:slug',
    { config: reading, schema: { tags, params: slugParams, response: answers({ 200: bot }) } },
    async (request) => {
      const row = await requireBot(database, request.params.slug);
      return showBot(row, request.visitor?.role === 'administrator');
    },
  );
}

const emptyBot: Omit<BotContent, 'name'> = {
  description: '',
  greeting: '',
  starters: [],
  instructions: '',
  model: null,
  temperature: null,
  max_tokens: null,
  intake: [],
  default_visibility: 'private',
  reads_quotes: false,
};

function addBotMaking(app: App, { config, database, clock }: BotsParts): void {
  const schema = { tags, body: newBot, response: answers({ 201: bot }) };
  app.post('/bots', { config: administering, schema }, async (request, reply) => {
    const { slug, ...content } = request.body;
    const userId = visitorOf(request).id;
    await database.write(createBot, { slug, content: { ...emptyBot, ...content }, userId, now: clock() });
    void reply.code(201).header('location', `${config.PUBLIC_URL}/bots/${slug}`);
    return showBot(await requireBot(database, slug), true);
  });
}

function addBotChange(app: App, { database, clock }: BotsParts): void {
  app.put(
    '/bots/:slug',
    {
      config: administering,
      schema: { tags, params: slugParams, body: botChange, response: answers({ 200: bot }) },
    },
    async (request) => {
      const { slug } = request.params;
      const { version, ...change } = request.body;
      await database.write(changeBot, { slug, change, version, userId: visitorOf(request).id, now: clock() });
      return showBot(await requireBot(database, slug), true);
    },
  );
  app.delete(
    '/bots/:slug',
    { config: administering, schema: { tags, params: slugParams, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      await database.write(deleteBot, { slug: request.params.slug, userId: visitorOf(request).id, now: clock() });
      return reply.code(204).send();
    },
  );
}

function addBotVersions(app: App, { config, database, clock }: BotsParts): void {
  app.get(
    '/bots/:slug/versions',
    {
      config: administering,
      schema: { tags, params: slugParams, querystring: pageQuery, response: answers({ 200: botVersionPage }) },
    },
    async (request, reply) => {
      const { id, slug } = await requireBot(database, request.params.slug);
      const range = pageRange(request.query);
      const [rows, count] = await Promise.all([
        listVersions(database.read, id, range),
        countVersions(database.read, id),
      ]);
      const results = rows.map(({ version, content, user, created_at }) => ({
        version,
        content: JSON.parse(content),
        user,
        created_at: toIso(created_at),
      }));
      const address = { publicUrl: config.PUBLIC_URL, path: `/bots/${slug}/versions`, filters: {} };
      return sendPage(reply, address, range, { results, count });
    },
  );
  app.post(
    '/bots/:slug/restore',
    {
      config: administering,
      schema: { tags, params: slugParams, body: botRestore, response: answers({ 200: bot }) },
    },
    async (request) => {
      const { slug } = request.params;
      const { version } = request.body;
      await database.write(restoreBot, { slug, version, userId: visitorOf(request).id, now: clock() });
      return showBot(await requireBot(database, slug), true);
    },
  );
}

async function requireBot(database: Database, slug: string): Promise<BotRow> {
  const row = await findBot(database.read, slug);
  if (!row) throw new Problem('not_found');
  return row;
}

function toIso(instant: number): string {
  return new Date(instant).toISOString();
}

function showBot(row: BotRow, administrator: boolean): Bot {
  const { instructions, ...content } = contentOf(row);
  return {
    slug: row.slug,
    ...content,
    ...(administrator ? { instructions } : {}),
    version: row.version,
    created_at: toIso(row.created_at),
    updated_at: toIso(row.updated_at),
  };
}
