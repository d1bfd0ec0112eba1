import type { BotContent } from '#contracts/bots.ts';
import { record } from '../audit/audit.store.ts';
import { Problem } from '../errors.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';

export type BotRow = Omit<Schema['bots'], 'id' | 'greeting' | 'starters' | 'version'> & {
  id: number;
  greeting: string;
  starters: string;
  version: number;
};

function listed(db: Db) {
  return db.selectFrom('bots').where('owner_id', 'is', null).where('deleted_at', 'is', null);
}

export function listBots(db: Db, page: { limit: number; offset: number }): Promise<BotRow[]> {
  return listed(db).selectAll().orderBy('id').limit(page.limit).offset(page.offset).execute();
}

export async function countBots(db: Db): Promise<number> {
  const row = await listed(db)
    .select((count) => count.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** A bot of the administrators'; one with an owner is nobody's else business. */
export function findBot(db: Db, slug: string): Promise<BotRow | undefined> {
  return listed(db).selectAll().where('slug', '=', slug).executeTakeFirst();
}

/** What a version keeps, from a row. */
export function contentOf(row: BotRow): BotContent {
  return {
    name: row.name,
    description: row.description,
    greeting: row.greeting,
    starters: JSON.parse(row.starters),
    instructions: row.instructions,
    model: row.model,
    temperature: row.temperature,
    max_tokens: row.max_tokens,
    intake: JSON.parse(row.intake),
    default_visibility: row.default_visibility,
    reads_quotes: row.reads_quotes === 1,
  };
}

function columnsOf({ starters, intake, reads_quotes, ...content }: BotContent) {
  return {
    ...content,
    starters: JSON.stringify(starters),
    intake: JSON.stringify(intake),
    reads_quotes: reads_quotes ? 1 : 0,
  };
}

export interface CreateBotArgs {
  slug: string;
  content: BotContent;
  userId: number;
  now: number;
}

/** Makes a bot. Throws `conflict` where the slug is taken, also by a deleted bot. */
export async function createBot(trx: Trx, args: CreateBotArgs): Promise<void> {
  const { slug, content, userId, now } = args;
  const made = await trx
    .insertInto('bots')
    .values({ slug, ...columnsOf(content), version: 1, created_at: now, updated_at: now })
    .onConflict((conflict) => conflict.column('slug').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!made) throw new Problem('conflict', `The slug ${slug} is taken.`);
  await keepVersion(trx, { botId: made.id, version: 1, content, userId, now });
  await recordBot(trx, { action: 'bot.created', slug, userId, now });
}

export interface ChangeBotArgs {
  slug: string;
  change: Partial<BotContent>;
  /** The version that the change was made on; undefined takes any. */
  version: number | undefined;
  userId: number;
  now: number;
}

/** Changes a bot and keeps what it was. Throws `not_found`, and `conflict` where it has a newer version. */
export async function changeBot(trx: Trx, args: ChangeBotArgs): Promise<void> {
  const { slug, userId, now } = args;
  const version = await writeVersion(trx, args);
  await recordBot(trx, { action: 'bot.changed', slug, userId, now, detail: { version } });
}

/** Gives the number of the new version. */
async function writeVersion(trx: Trx, args: ChangeBotArgs): Promise<number> {
  const { slug, change, userId, now } = args;
  const row = await lockBot(trx, slug);
  if (args.version !== undefined && args.version !== row.version) {
    throw new Problem('conflict', `There is a newer version of this bot (${row.version}).`);
  }
  const content = { ...contentOf(row), ...change };
  // A shipped bot has no first version until it is changed.
  await keepVersion(trx, {
    botId: row.id,
    version: row.version,
    content: contentOf(row),
    userId: null,
    now: row.updated_at,
  });
  const version = row.version + 1;
  await trx
    .updateTable('bots')
    .set({ ...columnsOf(content), version, updated_at: now })
    .where('id', '=', row.id)
    .execute();
  await keepVersion(trx, { botId: row.id, version, content, userId, now });
  return version;
}

/** The bot as it was in `version`, as a new version. Throws `not_found`. */
export async function restoreBot(
  trx: Trx,
  args: { slug: string; version: number; userId: number; now: number },
): Promise<void> {
  const row = await lockBot(trx, args.slug);
  const kept = await trx
    .selectFrom('bot_versions')
    .select('content')
    .where('bot_id', '=', row.id)
    .where('version', '=', args.version)
    .executeTakeFirst();
  if (!kept) throw new Problem('not_found');
  const { slug, userId, now } = args;
  const version = await writeVersion(trx, { slug, change: JSON.parse(kept.content), version: undefined, userId, now });
  await recordBot(trx, { action: 'bot.restored', slug, userId, now, detail: { version, from: args.version } });
}

/** Takes a bot off the list; one that no session has is deleted. Throws `not_found`, and `conflict` for the free chat. */
export async function deleteBot(trx: Trx, args: { slug: string; userId: number; now: number }): Promise<void> {
  if (args.slug === 'free') throw new Problem('conflict', 'The free chat has to stay.');
  const { id } = await lockBot(trx, args.slug);
  const used = await trx.selectFrom('sessions').select('id').where('bot_id', '=', id).limit(1).executeTakeFirst();
  if (used) await trx.updateTable('bots').set({ deleted_at: args.now }).where('id', '=', id).execute();
  else await trx.deleteFrom('bots').where('id', '=', id).execute();
  await recordBot(trx, { action: 'bot.deleted', ...args });
}

/** A line of the audit log: what a version holds stands in the versions. */
async function recordBot(
  trx: Trx,
  args: { action: string; slug: string; userId: number; now: number; detail?: Record<string, unknown> },
): Promise<void> {
  const { action, slug, userId: actorId, now: at } = args;
  await record(trx, { at, actorId, subjectId: null, action, detail: { bot: slug, ...args.detail } });
}

async function lockBot(trx: Trx, slug: string): Promise<BotRow> {
  const row = await trx
    .updateTable('bots')
    .set((bot) => ({ version: bot.ref('version') }))
    .where('slug', '=', slug)
    .where('owner_id', 'is', null)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  if (!row) throw new Problem('not_found');
  return row;
}

interface Version {
  botId: number;
  version: number;
  content: BotContent;
  userId: number | null;
  now: number;
}

async function keepVersion(trx: Trx, kept: Version): Promise<void> {
  await trx
    .insertInto('bot_versions')
    .values({
      bot_id: kept.botId,
      version: kept.version,
      content: JSON.stringify(kept.content),
      user_id: kept.userId,
      created_at: kept.now,
    })
    .onConflict((conflict) => conflict.columns(['bot_id', 'version']).doNothing())
    .execute();
}

export interface VersionRow {
  version: number;
  content: string;
  user: string | null;
  created_at: number;
}

/** A bot's versions, the newest first. */
export function listVersions(db: Db, botId: number, page: { limit: number; offset: number }): Promise<VersionRow[]> {
  return db
    .selectFrom('bot_versions')
    .leftJoin('users', 'users.id', 'bot_versions.user_id')
    .select(['version', 'content', 'users.nickname as user', 'bot_versions.created_at'])
    .where('bot_id', '=', botId)
    .orderBy('version', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countVersions(db: Db, botId: number): Promise<number> {
  const row = await db
    .selectFrom('bot_versions')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('bot_id', '=', botId)
    .executeTakeFirstOrThrow();
  return row.count;
}
