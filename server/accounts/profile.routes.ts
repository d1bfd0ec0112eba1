import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accountDeletion, profile, profileChange } from '#contracts/accounts.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { setSessionCookie, visitorOf } from '../http/visitor.ts';
import { confirmOwner, emailKeyOf, readProfile, type AccountsParts } from './account-parts.ts';
import { exportAccount } from './export.ts';
import { requireUncommon } from './new-password.ts';
import { hashPassword } from './password.ts';
import { changeProfile } from './profile.store.ts';
import { removeAccount } from './remove-account.ts';

const config = { access: 'user' as const };
const archive = z.any().meta({ description: 'A zip archive: JSON, and conversations in Markdown too' });

export function addProfileRoutes(app: App, parts: AccountsParts): void {
  app.get(
    '/accounts/profile',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'The own account, and what it may still ask today',
        response: answers({ 200: profile }),
      },
    },
    async (request) => readProfile(parts, visitorOf(request).id),
  );
  app.put(
    '/accounts/profile',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'Change any of the fields',
        body: profileChange,
        response: answers({ 200: profile }),
      },
    },
    async (request) => {
      await change(parts, request);
      return readProfile(parts, visitorOf(request).id);
    },
  );
  addDeletion(app, parts);
  app.get(
    '/accounts/export',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'Everything of the account, as a zip archive',
        response: answers({ 200: archive }),
      },
    },
    async (request, reply) => {
      await parts.throttle.export(visitorOf(request).id);
      return reply
        .type('application/zip')
        .header('content-disposition', 'attachment; filename="daesa-export.zip"')
        .send(exportAccount(parts.ownData, visitorOf(request).id));
    },
  );
}

/** Password and address change only with the current password; who had them before is told by mail. */
async function change(
  parts: AccountsParts,
  request: FastifyRequest<{ Body: z.infer<typeof profileChange> }>,
): Promise<void> {
  const { id, loginId } = visitorOf(request);
  const { nickname, email, password, current_password: current } = request.body;
  const before =
    email !== undefined || password !== undefined ? await confirmOwner(parts, request, current) : undefined;
  if (before && password !== undefined) {
    const names = [before.email, before.nickname, email ?? null, nickname ?? null];
    await requireUncommon(parts.config, password, names);
  }
  await parts.database.write(changeProfile, {
    userId: id,
    loginId: loginId ?? 0,
    nickname,
    email: email === undefined ? undefined : { email, emailKey: emailKeyOf(email) },
    passwordHash: password === undefined ? undefined : await hashPassword(password),
    tells: parts.sendsMail,
    checkedHash: before?.password_hash,
    now: parts.clock(),
  });
  parts.wakeJobs();
}

function addDeletion(app: App, parts: AccountsParts): void {
  app.delete(
    '/accounts/profile',
    {
      config,
      schema: {
        tags: ['accounts'],
        summary: 'Delete the account with everything it made',
        body: accountDeletion.nullish(),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const user = await confirmOwner(parts, request, request.body?.current_password);
      const keepPublished = request.body?.keep_published === true;
      await removeAccount(parts, { userId: user.id, actorId: user.id, keepPublished });
      setSessionCookie(reply, parts.config, '', 0);
      return reply.code(204).send();
    },
  );
}
