import { findUser } from './accounts/accounts.store.ts';
import { listConsents } from './accounts/consents.store.ts';
import type { ExportedFile, OwnData } from './accounts/export.ts';
import { listIdentities } from './accounts/oauth.store.ts';
import type { Database } from './db/database.ts';
import type { Db } from './db/schema.ts';
import type { Visitor } from './http/visitor.ts';
import { toMarkdown } from './sessions/export.ts';
import { loadSession } from './sessions/sessions.routes.ts';

/** What each feature gives an account of its own data. A feature that keeps something of users adds its part here. */
export function ownDataOf(database: Database): OwnData[] {
  return [
    (userId) => account(database.read, userId),
    (userId) => conversations(database, userId),
    (userId) => lists(database.read, userId),
    (userId) => files(database.read, userId),
  ];
}

const json = (path: string, value: unknown): ExportedFile => ({
  path,
  content: Buffer.from(JSON.stringify(value, null, 2)),
});
const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

async function* account(db: Db, userId: number): AsyncGenerator<ExportedFile> {
  const user = await findUser(db, userId);
  if (!user) return;
  const identities = await listIdentities(db, userId);
  const consents = await listConsents(db, userId);
  yield json('account.json', {
    id: user.id,
    email: user.email,
    email_verified: user.email_verified_at !== null,
    nickname: user.nickname,
    role: user.role,
    created_at: iso(user.created_at),
    last_login: iso(user.last_login),
    identities: identities.map(({ provider, created_at: at }) => ({ provider, created_at: iso(at) })),
    consents: consents.map(({ given_at: at, ...consent }) => ({ ...consent, given_at: iso(at) })),
  });
}

/** Each conversation twice: as it is read, and with everything that is kept of it. */
async function* conversations(database: Database, userId: number): AsyncGenerator<ExportedFile> {
  const owner = await findUser(database.read, userId);
  if (!owner) return;
  const { email, nickname, role } = owner;
  const visitor: Visitor = { id: userId, email, nickname, role, loginId: null };
  for (let last = 0; ;) {
    const row = await database.read
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', userId)
      .where('id', '>', last)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (!row) return;
    last = row.id;
    const session = await loadSession({ database }, row.id, visitor);
    yield json(`chats/${row.id}.json`, session);
    yield { path: `chats/${row.id}.md`, content: Buffer.from(toMarkdown(session)) };
  }
}

/** What is kept in rows. Of keys and logins what they are, never what would let somebody in. */
async function* lists(db: Db, userId: number): AsyncGenerator<ExportedFile> {
  yield json(
    'quotes.json',
    await db
      .selectFrom('quotes')
      .select([
        'id',
        'content',
        'speaker',
        'episode',
        'situation',
        'status',
        'reply',
        'votes',
        'created_at',
        'updated_at',
      ])
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute(),
  );
  yield json(
    'votes.json',
    await db.selectFrom('quote_votes').select(['quote_id', 'created_at']).where('user_id', '=', userId).execute(),
  );
  yield json(
    'pages.json',
    await db
      .selectFrom('snapshots')
      .select(['id', 'title', 'author', 'content', 'listed', 'created_at', 'updated_at', 'expires_at'])
      .where('user_id', '=', userId)
      .execute(),
  );
  yield json(
    'assistants.json',
    await db
      .selectFrom('assistants')
      .select(['public_id', 'document', 'created_at'])
      .where('user_id', '=', userId)
      .orderBy('id')
      .execute(),
  );
  yield json(
    'keys.json',
    await db
      .selectFrom('api_keys')
      .select(['id', 'name', 'shown', 'models', 'created_at', 'last_used_at', 'expires_at', 'revoked_at'])
      .where('user_id', '=', userId)
      .execute(),
  );
  yield json(
    'webhook.json',
    await db.selectFrom('alert_webhooks').select(['url', 'created_at']).where('user_id', '=', userId).execute(),
  );
  yield json(
    'logins.json',
    await db
      .selectFrom('logins')
      .select(['id', 'created_at', 'last_seen_at', 'expires_at', 'ip_address', 'user_agent'])
      .where('user_id', '=', userId)
      .execute(),
  );
  yield json(
    'usage.json',
    await db.selectFrom('daily_usage').select(['day', 'used']).where('user_id', '=', userId).orderBy('day').execute(),
  );
}

/** Files that are kept here, each as it was brought, and the vector stores that search them. */
async function* files(db: Db, userId: number): AsyncGenerator<ExportedFile> {
  const kept = db.selectFrom('provider_objects').where('user_id', '=', userId).where('kind', '=', 'file');
  const described = await kept.select(['id', 'document', 'created_at']).orderBy('id').execute();
  yield json(
    'files.json',
    described.map(({ document, ...file }) => ({ ...file, ...JSON.parse(document) })),
  );
  const stores = await db
    .selectFrom('vector_stores')
    .select(['id', 'public_id', 'name', 'metadata', 'created_at'])
    .where('user_id', '=', userId)
    .orderBy('id')
    .execute();
  const stored = await db
    .selectFrom('vector_files')
    .innerJoin('vector_stores', 'vector_stores.id', 'vector_files.store_id')
    .select(['vector_files.store_id', 'vector_files.file_id', 'vector_files.status', 'vector_files.attributes'])
    .where('vector_stores.user_id', '=', userId)
    .orderBy('vector_files.id')
    .execute();
  yield json(
    'vector-stores.json',
    stores.map(({ id, ...store }) => ({
      ...store,
      files: stored.filter((file) => file.store_id === id).map(({ store_id: _store, ...file }) => file),
    })),
  );
  for (const { id } of described) {
    const file = await kept.select('content').where('id', '=', id).executeTakeFirst();
    if (file?.content) yield { path: `files/${id}`, content: Buffer.from(file.content) };
  }
}
