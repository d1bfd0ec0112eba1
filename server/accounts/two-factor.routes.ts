import { confirmation, recoveryCodes, twoFactorCode, twoFactorSetup } from '#contracts/accounts.ts';
import { invalidField, Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { confirmOwner, type AccountsParts } from './account-parts.ts';
import {
  beginTwoFactor,
  disableTwoFactor,
  enableTwoFactor,
  findTwoFactor,
  replaceRecoveryCodes,
} from './two-factor.store.ts';
import { hashRecoveryCode, newRecoveryCodes, newSecret, setupUri, stepOf } from './two-factor.ts';

const config = { access: 'user' as const };
const tags = ['accounts'];

/** A second factor: POST makes a secret, PUT turns it on with a first code, DELETE turns it off. */
export function addTwoFactorRoutes(app: App, parts: AccountsParts): void {
  const { database } = parts;
  app.post(
    '/accounts/two-factor',
    {
      config,
      schema: {
        tags,
        summary: 'Begin a second factor',
        body: confirmation.nullish(),
        response: answers({ 201: twoFactorSetup }),
      },
    },
    async (request, reply) => {
      const user = await confirmOwner(parts, request, request.body?.current_password);
      const secret = newSecret();
      await database.write(beginTwoFactor, { userId: user.id, secret });
      return reply.code(201).send({ secret, uri: setupUri(secret, user.email ?? user.nickname) });
    },
  );

  app.put(
    '/accounts/two-factor',
    {
      config,
      schema: {
        tags,
        summary: 'Turn the second factor on with its first code',
        body: twoFactorCode,
        response: answers({ 200: recoveryCodes }),
      },
    },
    async (request) => {
      const { id: userId } = visitorOf(request);
      const now = parts.clock();
      const factor = await findTwoFactor(database.read, userId);
      if (!factor || factor.enabled_at !== null) throw new Problem('conflict', 'There is nothing to turn on.');
      const succeeded = await parts.throttle.login(`user ${userId}`, request.ip);
      const step = stepOf(factor.secret, request.body.otp, now);
      if (step === undefined) throw invalidField('otp', 'is not the code of now');
      await succeeded();
      const codes = newRecoveryCodes();
      const codeHashes = codes.map(hashRecoveryCode);
      if (!(await database.write(enableTwoFactor, { userId, secret: factor.secret, step, codeHashes, now }))) {
        throw new Problem('conflict');
      }
      return { recovery_codes: codes };
    },
  );

  app.delete(
    '/accounts/two-factor',
    {
      config,
      schema: {
        tags,
        summary: 'Turn the second factor off',
        body: confirmation.nullish(),
        response: answers({ 204: nothing }),
      },
    },
    async (request, reply) => {
      const user = await confirmOwner(parts, request, request.body?.current_password);
      await database.write(disableTwoFactor, { userId: user.id, now: parts.clock() });
      return reply.code(204).send();
    },
  );

  app.post(
    '/accounts/two-factor/recovery-codes',
    {
      config,
      schema: {
        tags,
        summary: 'New recovery codes in place of the old',
        body: confirmation.nullish(),
        response: answers({ 201: recoveryCodes }),
      },
    },
    async (request, reply) => {
      const user = await confirmOwner(parts, request, request.body?.current_password);
      if ((await findTwoFactor(database.read, user.id))?.enabled_at == null) throw new Problem('conflict');
      const codes = newRecoveryCodes();
      await database.write(replaceRecoveryCodes, { userId: user.id, codeHashes: codes.map(hashRecoveryCode) });
      return reply.code(201).send({ recovery_codes: codes });
    },
  );
}
