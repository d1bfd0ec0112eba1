import { randomInt } from 'node:crypto';
import { Problem } from '../errors.ts';
import { identityHash, keyedHash, type AccountsParts } from './account-parts.ts';
import { findUser, isLastAdministrator, type UserRow } from './accounts.store.ts';
import { listIdentities } from './oauth.store.ts';

/** Deletes an account and everything it has under way. Published pages stay only where its owner says so. */
export async function removeAccount(
  parts: Pick<AccountsParts, 'database' | 'secret' | 'config' | 'clock' | 'stopGenerations' | 'leave'>,
  args: { userId: number; actorId: number; keepPublished: boolean },
): Promise<void> {
  const { database } = parts;
  const user = await findUser(database.read, args.userId);
  if (!user) throw new Problem('not_found');
  if (await isLastAdministrator(database.read, user.id)) throw new Problem('last_administrator');
  await parts.stopGenerations(user.id);
  await database.write(parts.leave, {
    ...(await departureOf(parts, user)),
    keepPublished: args.keepPublished,
    actorId: args.actorId,
  });
}

/** What `leave` has to know of an account. */
async function departureOf(
  parts: Pick<AccountsParts, 'database' | 'secret' | 'config' | 'clock'>,
  user: Pick<UserRow, 'id' | 'email_key'>,
) {
  const identities = await listIdentities(parts.database.read, user.id);
  return {
    userId: user.id,
    usageHashes: [
      ...(user.email_key === null ? [] : [keyedHash(parts.secret, user.email_key)]),
      ...identities.map((identity) => identityHash(parts.secret, identity)),
    ],
    pseudonym: -randomInt(1, 2 ** 47),
    zone: parts.config.QUOTA_TIME_ZONE,
    now: parts.clock(),
  };
}
