import { identities, linkStarted } from '#contracts/accounts.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { toIso, type AccountsParts } from './account-parts.ts';
import { beginAtProvider, findProvider, providerParams as params } from './oauth.routes.ts';
import { listIdentities, unlinkIdentity } from './oauth.store.ts';

const tags = ['accounts'];

/** The providers that an account can be logged in to with: listed, linked and unlinked. */
export function addIdentityRoutes(app: App, parts: AccountsParts): void {
  const { database } = parts;
  const config = { access: 'user' as const };
  app.get(
    '/accounts/identities',
    { config, schema: { tags, summary: 'The providers that are linked', response: answers({ 200: identities }) } },
    async (request) => {
      const rows = await listIdentities(database.read, visitorOf(request).id);
      return { identities: rows.map(({ provider, created_at: at }) => ({ provider, created_at: toIso(at) })) };
    },
  );

  // A POST, so that another site can't begin to link: with a cookie it has to come from a page of ours.
  app.post(
    '/accounts/identities/:provider',
    { config, schema: { tags, summary: 'Begin to link a provider', params, response: answers({ 201: linkStarted }) } },
    async (request, reply) => {
      const provider = findProvider(parts, request.params.provider);
      await parts.throttle.oauth(request.ip);
      const { loginId } = visitorOf(request);
      const url = await beginAtProvider(parts, request, reply, provider, { next: '/accounts/profile', loginId });
      return reply.code(201).send({ href: url.href });
    },
  );

  app.delete(
    '/accounts/identities/:provider',
    { config, schema: { tags, summary: 'Unlink a provider', params, response: answers({ 204: nothing }) } },
    async (request, reply) => {
      const { id: userId } = visitorOf(request);
      const { provider } = request.params;
      if (!(await database.write(unlinkIdentity, { userId, provider, now: parts.clock() }))) {
        throw new Problem('not_found');
      }
      return reply.code(204).send();
    },
  );
}
