import { z } from 'zod';
import { confirmation, logins, loginsEnding, security, type ProviderName } from '#contracts/accounts.ts';
import { rowIdInPath } from '#contracts/text.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { setSessionCookie, visitorOf } from '../http/visitor.ts';
import { confirmOwner, toIso, type AccountsParts } from './account-parts.ts';
import { findUser } from './accounts.store.ts';
import { endLogin, endLogins, listLogins } from './logins.store.ts';
import { DAY_MS } from './logins.ts';
import { listIdentities } from './oauth.store.ts';
import { countRecoveryCodes, findTwoFactor } from './two-factor.store.ts';

const config = { access: 'user' as const };
const tags = ['accounts'];
const params = z.object({ id: rowIdInPath });

/** Where an account is logged in, and how it can be. */
export function addLoginRoutes(app: App, parts: AccountsParts): void {
  const { database } = parts;
  app.get(
    '/accounts/logins',
    { config, schema: { tags, summary: 'Where the account is logged in', response: answers({ 200: logins }) } },
    async (request) => {
      const { id, loginId } = visitorOf(request);
      const idleMs = parts.config.LOGIN_IDLE_DAYS * DAY_MS;
      const rows = await listLogins(database.read, { userId: id, now: parts.clock(), idleMs });
      return {
        logins: rows.map((row) => ({
          ...row,
          created_at: toIso(row.created_at),
          last_seen_at: toIso(row.last_seen_at),
          expires_at: toIso(row.expires_at),
          current: row.id === loginId,
        })),
      };
    },
  );

  app.delete(
    '/accounts/logins/:id',
    {
      config,
      schema: {
        tags,
        summary: 'End one login: the own one like logging out, another one with the password',
        params,
        body: confirmation.nullish(),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const { id: userId, loginId } = visitorOf(request);
      // Whoever finds a computer open does not lock its owner out of the others.
      if (request.params.id !== loginId) await confirmOwner(parts, request, request.body?.current_password);
      if (!(await database.write(endLogin, { userId, id: request.params.id }))) throw new Problem('not_found');
      if (request.params.id === loginId) setSessionCookie(reply, parts.config, '', 0);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/accounts/logins',
    {
      config,
      schema: {
        tags,
        summary: 'End the other logins, or all; needs the password',
        querystring: loginsEnding,
        body: confirmation.nullish(),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const { loginId } = visitorOf(request);
      const { id: userId } = await confirmOwner(parts, request, request.body?.current_password);
      const all = request.query.which === 'all';
      await database.write(endLogins, { userId, except: all ? null : loginId });
      if (all) setSessionCookie(reply, parts.config, '', 0);
      return reply.code(204).send();
    },
  );

  app.get(
    '/accounts/security',
    { config, schema: { tags, summary: 'The ways to log in to this account', response: answers({ 200: security }) } },
    (request) => showSecurity(parts, visitorOf(request).id),
  );
}

async function showSecurity(parts: AccountsParts, userId: number) {
  const { read } = parts.database;
  const user = await findUser(read, userId);
  if (!user) throw new Problem('unauthenticated');
  const linked = await listIdentities(read, userId);
  const names = new Set<ProviderName>(linked.map(({ provider }) => provider));
  return {
    email_verified: user.email_verified_at !== null,
    has_password: user.password_hash !== null,
    two_factor: (await findTwoFactor(read, userId))?.enabled_at != null,
    recovery_codes: await countRecoveryCodes(read, userId),
    mail: parts.sendsMail,
    identities: linked.map((identity) => ({ provider: identity.provider, created_at: toIso(identity.created_at) })),
    providers: [...parts.providers.keys()].filter((name) => !names.has(name)),
  };
}
