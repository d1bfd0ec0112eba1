import { z } from 'zod';
import {
  administration,
  auditPage,
  auditQuery,
  blockedNetwork,
  blockedNetworkPage,
  managedUser,
  managedUserChange,
  managedUserPage,
  managedUserQuery,
  networkToBlock,
  serverDefaults,
  type ManagedUser as ShownUser,
} from '#contracts/admin.ts';
import { pageQuery } from '#contracts/lists.ts';
import { rowIdInPath } from '#contracts/text.ts';
import { listAudit } from '../audit/audit.store.ts';
import type { Config } from '../config.ts';
import { currentDay } from '../db/clock.ts';
import type { Database } from '../db/database.ts';
import { invalidField, Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import type { BlockedNetworks } from '../http/blocked-networks.ts';
import { cidrHolds, readCidr } from '../http/cidr.ts';
import { pageRange, sendPage } from '../http/lists.ts';
import { visitorOf } from '../http/visitor.ts';
import { readMonth } from '../spend/budget.store.ts';
import { dollarsOf } from '../spend/money.ts';
import { blockNetwork, countNetworks, listNetworks, unblockNetwork, type NetworkRow } from './networks.store.ts';
import { countUsers, endUserLogins, findManagedUser, listUsers, manageUser, type ManagedUser } from './users.store.ts';

export interface AdminParts {
  config: Config;
  database: Database;
  clock: () => number;
  networks: BlockedNetworks;
  stopGenerations: (userId: number) => Promise<void>;
  /** Deletes somebody's account as its owner could. Throws `not_found`, `last_administrator`. */
  removeAccount: (userId: number, actorId: number) => Promise<void>;
}

const config = { access: 'administrator' as const };
const tags = ['administration'];
const params = z.object({ id: rowIdInPath });

export function addAdminRoutes(app: App, parts: AdminParts): void {
  addIndex(app, parts);
  addUserList(app, parts);
  addUser(app, parts);
  addUserLogins(app, parts);
  addNetworks(app, parts);
  addAudit(app, parts);
  addDefaults(app, parts);
}

/** Where each of the administrators' lists is. */
const places = {
  users: '/admin/users',
  networks: '/admin/networks',
  audit: '/admin/audit',
  pages: '/admin/pages',
  marks: '/admin/marks',
  bots: '/bots',
  quotes: '/quote',
  usage: '/usage?group_by=user',
};

function addIndex(app: App, { config: { PUBLIC_URL } }: AdminParts): void {
  app.get(
    '/admin',
    { config, schema: { tags, summary: 'What there is to administer', response: answers({ 200: administration }) } },
    async () => ({
      links: Object.entries(places).map(([rel, path]) => {
        const href = PUBLIC_URL + path;
        return { rel, method: 'GET' as const, href, link: href };
      }),
    }),
  );
}

const toIso = (at: number) => new Date(at).toISOString();

function showUser(user: ManagedUser): ShownUser {
  const { email_verified_at: verifiedAt, used, ...rest } = user;
  return {
    ...rest,
    email_verified: verifiedAt !== null,
    used_today: used ?? 0,
    blocked: user.blocked_at !== null,
    blocked_at: user.blocked_at === null ? null : toIso(user.blocked_at),
    created_at: toIso(user.created_at),
    last_login: user.last_login === null ? null : toIso(user.last_login),
  };
}

function addUserList(app: App, { config: { PUBLIC_URL, QUOTA_TIME_ZONE }, database }: AdminParts): void {
  app.get(
    '/admin/users',
    {
      config,
      schema: {
        tags,
        summary: 'All users',
        querystring: managedUserQuery,
        response: answers({ 200: managedUserPage }),
      },
    },
    async (request, reply) => {
      const { q, role, blocked } = request.query;
      const range = pageRange(request.query);
      const filter = { q, role, blocked };
      const { day } = await currentDay(database.read, QUOTA_TIME_ZONE);
      const rows = await listUsers(database.read, { filter, day, ...range });
      const count = await countUsers(database.read, filter);
      const address = { publicUrl: PUBLIC_URL, path: '/admin/users', filters: filter };
      return sendPage(reply, address, range, { results: rows.map(showUser), count });
    },
  );
}

async function readUser({ database, config: { QUOTA_TIME_ZONE } }: AdminParts, id: number): Promise<ShownUser> {
  const { day } = await currentDay(database.read, QUOTA_TIME_ZONE);
  const user = await findManagedUser(database.read, { id, day });
  if (!user) throw new Problem('not_found');
  return showUser(user);
}

function addUser(app: App, parts: AdminParts): void {
  const { database, clock } = parts;
  app.get(
    '/admin/users/:id',
    { config, schema: { tags, summary: 'One user', params, response: answers({ 200: managedUser }) } },
    async (request) => readUser(parts, request.params.id),
  );
  app.put(
    '/admin/users/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change role, daily limit or block',
        params,
        body: managedUserChange,
        response: answers({ 200: managedUser }),
      },
    },
    async (request) => {
      const { id } = request.params;
      const { role, daily_limit: dailyLimit, blocked, revision } = request.body;
      const actorId = visitorOf(request).id;
      await database.write(manageUser, { id, actorId, role, dailyLimit, blocked, revision, now: clock() });
      // Logins are gone with that write; what runs for the user ends too.
      if (blocked) await parts.stopGenerations(id);
      return readUser(parts, id);
    },
  );
  app.delete(
    '/admin/users/:id',
    { config, schema: { tags, summary: 'Delete an account', params, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      await parts.removeAccount(request.params.id, visitorOf(request).id);
      return reply.code(204).send();
    },
  );
}

function addUserLogins(app: App, { database, clock }: AdminParts): void {
  app.delete(
    '/admin/users/:id/logins',
    {
      config,
      schema: { tags, summary: 'Log a user out everywhere', params, response: answers({ 204: nothing }) },
    },
    async (request, reply) => {
      const { id } = request.params;
      await database.write(endUserLogins, { id, actorId: visitorOf(request).id, now: clock() });
      return reply.code(204).send();
    },
  );
}

function showNetwork(row: NetworkRow) {
  return {
    ...row,
    automatic: row.automatic === 1,
    created_at: toIso(row.created_at),
    expires_at: row.expires_at === null ? null : toIso(row.expires_at),
  };
}

function addNetworks(app: App, parts: AdminParts): void {
  const { database, clock, networks } = parts;
  app.get(
    '/admin/networks',
    {
      config,
      schema: {
        tags,
        summary: 'Blocked networks',
        querystring: pageQuery,
        response: answers({ 200: blockedNetworkPage }),
      },
    },
    async (request, reply) => {
      const range = pageRange(request.query);
      const rows = await listNetworks(database.read, { now: clock(), ...range });
      const count = await countNetworks(database.read, clock());
      const address = { publicUrl: parts.config.PUBLIC_URL, path: '/admin/networks', filters: {} };
      return sendPage(reply, address, range, { results: rows.map(showNetwork), count });
    },
  );
  app.post(
    '/admin/networks',
    {
      config,
      schema: { tags, summary: 'Block a network', body: networkToBlock, response: answers({ 201: blockedNetwork }) },
    },
    async (request, reply) => {
      const { reason, expires_at: end } = request.body;
      const cidr = readCidr(request.body.cidr);
      if (!cidr) throw invalidField('cidr', 'takes an address or a network of at least 8 bits');
      if (cidrHolds(cidr, request.ip)) throw invalidField('cidr', 'holds your own address');
      const now = clock();
      const expiresAt = end ? Date.parse(end) : null;
      if (expiresAt !== null && expiresAt <= now) throw invalidField('expires_at', 'is over already');
      const actorId = visitorOf(request).id;
      const row = await database.write(blockNetwork, { cidr, reason, expiresAt, actorId, now });
      await networks.refresh();
      return reply.code(201).send(showNetwork(row!));
    },
  );
  app.delete(
    '/admin/networks/:id',
    { config, schema: { tags, summary: 'Unblock a network', params, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const args = { id: request.params.id, actorId: visitorOf(request).id, now: clock() };
      if (!(await database.write(unblockNetwork, args))) throw new Problem('not_found');
      await networks.refresh();
      return reply.code(204).send();
    },
  );
}

function addAudit(app: App, { config: { PUBLIC_URL }, database }: AdminParts): void {
  app.get(
    '/admin/audit',
    {
      config,
      schema: {
        tags,
        summary: 'What was changed, and by whom',
        querystring: auditQuery,
        response: answers({ 200: auditPage }),
      },
    },
    async (request, reply) => {
      const { action, user } = request.query;
      const range = pageRange(request.query);
      const { rows, count } = await listAudit(database.read, { action, userId: user }, range);
      const results = rows.map(({ ip_address: _hidden, detail, at, ...row }) => ({
        ...row,
        at: toIso(at),
        detail: JSON.parse(detail) as Record<string, unknown>,
      }));
      const filters = { action, user: user === undefined ? undefined : String(user) };
      return sendPage(reply, { publicUrl: PUBLIC_URL, path: '/admin/audit', filters }, range, { results, count });
    },
  );
}

function addDefaults(app: App, { config: settings, database }: AdminParts): void {
  const schema = { tags, summary: 'What holds for everybody', response: answers({ 200: serverDefaults }) };
  app.get('/admin/defaults', { config, schema }, async () => {
    const { day } = await currentDay(database.read, settings.QUOTA_TIME_ZONE);
    const month = day.slice(0, 7);
    const limit = settings.DAILY_REQUEST_LIMIT;
    return {
      daily_limit: limit < 0 ? null : limit,
      time_zone: settings.QUOTA_TIME_ZONE,
      default_model: settings.DEFAULT_MODEL ?? null,
      month: {
        name: month,
        limit_usd: settings.MONTHLY_BUDGET_USD ?? null,
        spent_usd: dollarsOf(await readMonth(database.read, month)),
      },
    };
  });
}
