import { z } from 'zod';
import { apiKey, apiKeyPage, keyBody, newApiKey, type ApiKey, type KeyBody } from '#contracts/keys.ts';
import { pageQuery } from '#contracts/lists.ts';
import { rowIdInPath } from '#contracts/text.ts';
import type { Config } from '../config.ts';
import { currentDay } from '../db/clock.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf } from '../http/visitor.ts';
import { dollarsOf, nanoOf } from '../spend/money.ts';
import { newKey } from './key-text.ts';
import {
  changeKey,
  createKey,
  findKey,
  listKeys,
  readSpent,
  revokeKey,
  type KeyLimits,
  type KeyRow,
} from './keys.store.ts';

export interface KeysParts {
  config: Config;
  database: Database;
  clock: () => number;
}

const config = { access: 'user' as const };
const tags = ['keys'];
const params = z.object({ id: rowIdInPath });

export function addKeyRoutes(app: App, parts: KeysParts): void {
  addKeyList(app, parts);
  addKeyMaking(app, parts);
  addOneKey(app, parts);
}

/** The columns that a body sets; what it leaves out stays out. */
function limitsOf(body: KeyBody): Partial<KeyLimits> {
  const {
    name,
    models,
    daily_requests,
    tokens_per_minute,
    monthly_budget_usd: budget,
    expires_at,
    response_cache,
  } = body;
  return {
    ...(name === undefined ? {} : { name }),
    ...(models === undefined ? {} : { models: models === null ? null : JSON.stringify([...new Set(models)]) }),
    ...(daily_requests === undefined ? {} : { daily_requests }),
    ...(tokens_per_minute === undefined ? {} : { tokens_per_minute }),
    ...(budget === undefined ? {} : { monthly_budget: budget === null ? null : nanoOf(budget) }),
    ...(expires_at === undefined ? {} : { expires_at: expires_at === null ? null : Date.parse(expires_at) }),
    ...(response_cache === undefined ? {} : { response_cache }),
  };
}

const unlimited: KeyLimits = {
  name: 'API key',
  models: null,
  daily_requests: null,
  tokens_per_minute: null,
  monthly_budget: null,
  expires_at: null,
  response_cache: 'off',
};

const toIso = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString());

function showKey(row: KeyRow, spent: Map<number, number>, publicUrl: string): ApiKey {
  const href = `${publicUrl}/keys/${row.id}`;
  return {
    id: row.id,
    name: row.name,
    shown: row.shown,
    models: row.models === null ? null : JSON.parse(row.models),
    daily_requests: row.daily_requests,
    tokens_per_minute: row.tokens_per_minute,
    monthly_budget_usd: row.monthly_budget === null ? null : dollarsOf(row.monthly_budget),
    spent_usd: row.monthly_budget === null ? null : dollarsOf(spent.get(row.id) ?? 0),
    expires_at: toIso(row.expires_at),
    response_cache: row.response_cache,
    created_at: toIso(row.created_at)!,
    last_used_at: toIso(row.last_used_at),
    links: [
      { rel: 'self', href, method: 'GET' },
      { rel: 'edit', href, method: 'PUT' },
      { rel: 'delete', href, method: 'DELETE' },
    ],
  };
}

async function spentOf(parts: KeysParts, rows: KeyRow[]): Promise<Map<number, number>> {
  const limited = rows.filter((row) => row.monthly_budget !== null).map((row) => row.id);
  if (limited.length === 0) return new Map();
  const { day } = await currentDay(parts.database.read, parts.config.QUOTA_TIME_ZONE);
  return readSpent(parts.database.read, { ids: limited, month: day.slice(0, 7) });
}

function addKeyList(app: App, parts: KeysParts): void {
  const schema = { tags, querystring: pageQuery, response: answers({ 200: apiKeyPage }) };
  app.get('/keys', { config, schema }, async (request, reply) => {
    const range = pageRange(request.query);
    const { rows, count } = await listKeys(parts.database.read, { userId: visitorOf(request).id, ...range });
    const spent = await spentOf(parts, rows);
    const { PUBLIC_URL: publicUrl } = parts.config;
    const results = rows.map((row) => showKey(row, spent, publicUrl));
    return sendPage(reply, { publicUrl, path: '/keys', filters: {} }, range, { results, count });
  });
}

function addKeyMaking(app: App, parts: KeysParts): void {
  const schema = { tags, body: keyBody, response: answers({ 201: newApiKey }) };
  app.post('/keys', { config, schema }, async (request, reply) => {
    const { key, keyHash, shown } = newKey();
    const limits = { ...unlimited, ...limitsOf(request.body) };
    const userId = visitorOf(request).id;
    const row = await parts.database.write(createKey, { userId, keyHash, shown, limits, now: parts.clock() });
    const answer = { ...showKey(row, new Map(), parts.config.PUBLIC_URL), key };
    return reply
      .code(201)
      .header('location', `${parts.config.PUBLIC_URL}/keys/${row.id}`)
      .header('cache-control', 'no-store')
      .send(answer);
  });
}

function addOneKey(app: App, parts: KeysParts): void {
  const { database } = parts;
  const show = async (row: KeyRow | undefined) => {
    if (!row) throw new Problem('not_found');
    return showKey(row, await spentOf(parts, [row]), parts.config.PUBLIC_URL);
  };
  app.get(
    '/keys/:id',
    { config, schema: { tags, summary: 'One of the own API keys', params, response: answers({ 200: apiKey }) } },
    async (request) => show(await findKey(database.read, { userId: visitorOf(request).id, id: request.params.id })),
  );
  app.put(
    '/keys/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change the name or the limits of a key',
        params,
        body: keyBody,
        response: answers({ 200: apiKey }),
      },
    },
    async (request) => {
      const { id: userId } = visitorOf(request);
      const limits = limitsOf(request.body);
      return show(await database.write(changeKey, { userId, id: request.params.id, limits }));
    },
  );
  app.delete(
    '/keys/:id',
    {
      config,
      schema: { tags, summary: 'Revoke a key: it is void at once', params, response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      const revoked = await database.write(revokeKey, { userId, id: request.params.id, now: parts.clock() });
      if (!revoked) throw new Problem('not_found');
      return reply.code(204).send();
    },
  );
}
