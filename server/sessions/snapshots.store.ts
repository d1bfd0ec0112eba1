import { sql } from 'kysely';
import type { SnapshotTurn } from '#contracts/snapshots.ts';
import { record } from '../audit/audit.store.ts';
import { Problem } from '../errors.ts';
import type { Db, Schema, Trx } from '../db/schema.ts';

export type SnapshotDetails = Schema['snapshots'];

export interface SnapshotSetting {
  title: string | undefined;
  /** The nickname to show, null for none; undefined leaves it. */
  author: string | null | undefined;
  listed: boolean | undefined;
  /** Milliseconds UTC; null: without end; undefined leaves it. */
  expiresAt: number | null | undefined;
}

export interface PublishArgs extends SnapshotSetting {
  /** Random, not to be guessed. */
  id: string;
  sessionId: number;
  userId: number;
  turns: SnapshotTurn[];
  now: number;
}

/** Publishes a copy of an own session. Throws `not_found`. */
export async function publishSession(trx: Trx, args: PublishArgs): Promise<void> {
  const session = await trx
    .selectFrom('sessions')
    .innerJoin('bots', 'bots.id', 'sessions.bot_id')
    .select(['sessions.title', 'bots.slug'])
    .where('sessions.id', '=', args.sessionId)
    .where('sessions.user_id', '=', args.userId)
    .executeTakeFirst();
  if (!session) throw new Problem('not_found');
  await trx
    .insertInto('snapshots')
    .values({
      id: args.id,
      session_id: args.sessionId,
      user_id: args.userId,
      author: args.author ?? null,
      title: args.title ?? session.title,
      bot: session.slug,
      content: JSON.stringify(args.turns),
      listed: args.listed ? 1 : 0,
      created_at: args.now,
      updated_at: args.now,
      expires_at: args.expiresAt ?? null,
    })
    .execute();
}

/** Replaces the copy. Throws `not_found`, `forbidden` for everybody but its author, `gone` where it has ended. */
export async function replaceSnapshot(
  trx: Trx,
  args: SnapshotSetting & { id: string; userId: number; turns: SnapshotTurn[] | null; now: number },
): Promise<void> {
  await requireAuthor(trx, args);
  await trx
    .updateTable('snapshots')
    .set((row) => ({
      updated_at: args.now,
      title: args.title ?? row.ref('title'),
      ...(args.turns === null ? {} : { content: JSON.stringify(args.turns) }),
      ...(args.author === undefined ? {} : { author: args.author }),
      ...(args.listed === undefined ? {} : { listed: args.listed ? 1 : 0 }),
      ...(args.expiresAt === undefined ? {} : { expires_at: args.expiresAt }),
    }))
    .where('id', '=', args.id)
    .execute();
}

/** Ends a page for good. Throws as `replaceSnapshot` does. */
export async function revokeSnapshot(trx: Trx, args: { id: string; userId: number; now: number }): Promise<void> {
  await requireAuthor(trx, args);
  await trx.updateTable('snapshots').set({ revoked_at: args.now, content: '[]' }).where('id', '=', args.id).execute();
}

async function requireAuthor(trx: Trx, { id, userId }: { id: string; userId: number }): Promise<void> {
  const row = await trx
    .selectFrom('snapshots')
    .select(['user_id', 'revoked_at'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw new Problem('not_found');
  if (row.user_id !== userId) throw new Problem('forbidden');
  if (row.revoked_at !== null) throw new Problem('gone');
}

export function findSnapshot(db: Db, id: string): Promise<SnapshotDetails | undefined> {
  return db.selectFrom('snapshots').selectAll().where('id', '=', id).executeTakeFirst();
}

export interface SnapshotFilter {
  /** The pages of one own session; undefined lists the open pages that are listed. */
  session?: { id: number; userId: number };
  /** Only those of this bot, by its slug. */
  bot?: string | undefined;
  now: number;
}

function filtered(db: Db, { session, bot, now }: SnapshotFilter) {
  let query = db.selectFrom('snapshots');
  if (bot) query = query.where('bot', '=', bot);
  if (session) return query.where('session_id', '=', session.id).where('user_id', '=', session.userId);
  return query
    .where('listed', '=', 1)
    .where('revoked_at', 'is', null)
    .where('hidden_at', 'is', null)
    .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', now)]));
}

export function listSnapshots(
  db: Db,
  filter: SnapshotFilter,
  page: { limit: number; offset: number },
): Promise<SnapshotDetails[]> {
  return filtered(db, filter)
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countSnapshots(db: Db, filter: SnapshotFilter): Promise<number> {
  const row = await filtered(db, filter)
    .select((count) => count.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Notes that somebody finds a page wrong; once a reporter. Throws `not_found`. */
export async function reportSnapshot(
  trx: Trx,
  args: { id: string; reporter: string; reason: string; now: number },
): Promise<void> {
  if (!(await findSnapshot(trx, args.id))) throw new Problem('not_found');
  await trx
    .insertInto('snapshot_reports')
    .values({ snapshot_id: args.id, reporter: args.reporter, reason: args.reason, created_at: args.now })
    .onConflict((conflict) => conflict.columns(['snapshot_id', 'reporter']).doUpdateSet({ reason: args.reason }))
    .execute();
}

/** Takes a page out of sight, or gives it back. Throws `not_found`. */
export async function hideSnapshot(
  trx: Trx,
  args: { id: string; hidden: boolean; actorId: number; now: number },
): Promise<void> {
  const { id, hidden, actorId, now } = args;
  const row = await trx
    .updateTable('snapshots')
    .set({ hidden_at: hidden ? now : null })
    .where('id', '=', id)
    .where('hidden_at', hidden ? 'is' : 'is not', null)
    .returning('user_id')
    .executeTakeFirst();
  if (row) {
    const action = hidden ? 'page.hidden' : 'page.shown';
    await record(trx, { at: now, actorId, subjectId: row.user_id, action, detail: { page: id } });
  } else if (!(await findSnapshot(trx, id))) {
    throw new Problem('not_found');
  }
}

export type ReportedSnapshot = SnapshotDetails & { reports: number };

/** Every page that has not been revoked, the most reported first. */
export function listReported(db: Db, page: { limit: number; offset: number }): Promise<ReportedSnapshot[]> {
  return db
    .selectFrom('snapshots')
    .selectAll()
    .select(
      sql<number>`(select count(*) from snapshot_reports where snapshot_reports.snapshot_id = snapshots.id)`.as(
        'reports',
      ),
    )
    .where('revoked_at', 'is', null)
    .orderBy('reports', 'desc')
    .orderBy('created_at', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countReported(db: Db): Promise<number> {
  const row = await db
    .selectFrom('snapshots')
    .select((count) => count.fn.countAll<number>().as('count'))
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** The reasons that were given for the reports of some pages. */
export async function readReasons(db: Db, ids: string[]): Promise<Map<string, string[]>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('snapshot_reports')
    .select(['snapshot_id', 'reason'])
    .where('snapshot_id', 'in', ids)
    .orderBy('created_at')
    .execute();
  const grouped = Map.groupBy(rows, (row) => row.snapshot_id);
  return new Map([...grouped].map(([id, reports]) => [id, reports.map(({ reason }) => reason)]));
}

/** A leaving user's pages go, or stay without their author; their reports go. */
export async function leavePages(trx: Trx, args: { userId: number; keepPublished: boolean }): Promise<void> {
  await trx.deleteFrom('snapshot_reports').where('reporter', '=', `user:${args.userId}`).execute();
  if (args.keepPublished) {
    await trx.updateTable('snapshots').set({ author: null }).where('user_id', '=', args.userId).execute();
  } else {
    await trx.deleteFrom('snapshots').where('user_id', '=', args.userId).execute();
  }
}

export interface CopyArgs {
  title: string;
  titledBy: 'message' | 'user';
  bot: string;
  turns: SnapshotTurn[];
  userId: number;
  now: number;
}

/** Copies a page into a private session of one's own, to go on from there. Gives its id. */
export async function copySnapshot(trx: Trx, args: CopyArgs): Promise<number> {
  const { userId, now } = args;
  const bots = await trx
    .selectFrom('bots')
    .select(['id', 'slug', 'intake'])
    .where('slug', 'in', [args.bot, 'free'])
    .where('deleted_at', 'is', null)
    .where('owner_id', 'is', null)
    .execute();
  const bot = bots.find(({ slug }) => slug === args.bot) ?? bots[0]!;
  const { id: sessionId } = await trx
    .insertInto('sessions')
    .values({
      user_id: userId,
      bot_id: bot.id,
      title: args.title,
      titled_by: args.titledBy,
      status: 'open',
      visibility: 'private',
      pinned: 0,
      intake: bot.intake,
      answered: 1,
      created_at: now,
      updated_at: now,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  let parentId: number | null = null;
  for (const turn of args.turns) parentId = await copyTurn(trx, turn, { sessionId, userId, parentId, now });
  await trx.updateTable('sessions').set({ head_id: parentId }).where('id', '=', sessionId).execute();
  return sessionId;
}

interface CopyPlace {
  sessionId: number;
  userId: number;
  parentId: number | null;
  now: number;
}

async function copyTurn(trx: Trx, turn: SnapshotTurn, place: CopyPlace): Promise<number> {
  const { now } = place;
  const own = { session_id: place.sessionId, user_id: place.userId, created_at: now, updated_at: now, asked: 0 };
  const status = turn.reply ? ('done' as const) : ('answered' as const);
  const prompt = await trx
    .insertInto('messages')
    .values({
      ...own,
      role: 'user',
      kind: turn.kind,
      parent_id: place.parentId,
      content: turn.content,
      status,
      chosen: 0,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  if (turn.reply) {
    const { content, model } = turn.reply;
    const reply = { role: 'assistant' as const, kind: 'reply' as const, status: 'done' as const, chosen: 1 };
    await trx
      .insertInto('messages')
      .values({ ...own, ...reply, parent_id: prompt.id, content, model })
      .execute();
  }
  return prompt.id;
}
