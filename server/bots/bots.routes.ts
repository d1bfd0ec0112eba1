import { z } from 'zod';
import { bot, botPage, type Bot } from '#contracts/bots.ts';
import { pageQuery } from '#contracts/lists.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { countBots, findBot, listBots, type BotRow } from './bots.store.ts';

export interface BotsParts {
  config: Config;
  database: Database;
}

const reading = { access: 'anyone' as const };
const slugParams = z.object({ slug: z.string().max(60) });

export function addBotRoutes(app: App, parts: BotsParts): void {
  addBotReading(app, parts);
}

function addBotReading(app: App, { config, database }: BotsParts): void {
  app.get(
    '/bots',
    { config: reading, schema: { tags: ['bots'], querystring: pageQuery, response: answers({ 200: botPage }) } },
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
    { config: reading, schema: { tags: ['bots'], params: slugParams, response: answers({ 200: bot }) } },
    async (request) => {
      const row = await findBot(database.read, request.params.slug);
      if (!row) throw new Problem('not_found');
      return showBot(row, request.visitor?.role === 'administrator');
    },
  );
}

function showBot(row: BotRow, administrator: boolean): Bot {
  return {
    slug: row.slug,
    name: row.name,
    description: row.description,
    ...(administrator ? { instructions: row.instructions } : {}),
    model: row.model,
    temperature: row.temperature,
    max_tokens: row.max_tokens,
    intake: JSON.parse(row.intake),
    default_visibility: row.default_visibility,
    reads_quotes: row.reads_quotes === 1,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}
