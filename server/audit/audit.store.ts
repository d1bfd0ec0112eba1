import { sql } from 'kysely';
import type { Db, Schema, Trx } from '../db/schema.ts';

export interface AuditEntry {
  at: number;
  /** Who did it; null: the server itself. */
  actorId: number | null;
  /** Whose account it is about. */
  subjectId: number | null;
  /** `user.blocked`, say: what it is about and what happened. */
  action: string;
  /** What changed. Never an address, a name or a secret: those would outlive the account. */
  detail?: Record<string, unknown>;
  ipAddress?: string | null;
}

/** Adds a line to the audit log, inside the transaction of what it tells about. */
export async function record(trx: Trx, entry: AuditEntry): Promise<void> {
  await trx
    .insertInto('audit_log')
    .values({
      at: entry.at,
      actor_id: entry.actorId,
      subject_id: entry.subjectId,
      action: entry.action,
      detail: JSON.stringify(entry.detail ?? {}),
      ip_address: entry.ipAddress ?? null,
    })
    .execute();
}

export type AuditRow = Omit<Schema['audit_log'], 'id'> & {
  id: number;
  /** Nicknames, while the accounts are there. */
  actor: string | null;
  subject: string | null;
};

export interface AuditFilter {
  /** One kind of line (`user.blocked`), or all of one subject (`user`). */
  action: string | undefined;
  userId: number | undefined;
}

function isAction(action: string) {
  const below = `${action.replaceAll(/[\\%_]/g, String.raw`\$&`)}.%`;
  return sql<boolean>`(audit_log.action = ${action} or audit_log.action like ${below} escape '\\')`;
}

function matching(db: Db, { action, userId }: AuditFilter) {
  let query = db.selectFrom('audit_log');
  if (action !== undefined) query = query.where(isAction(action));
  if (userId !== undefined) {
    query = query.where((row) =>
      row.or([row('audit_log.subject_id', '=', userId), row('audit_log.actor_id', '=', userId)]),
    );
  }
  return query;
}

/** The newest lines first. */
export async function listAudit(
  db: Db,
  filter: AuditFilter,
  range: { limit: number; offset: number },
): Promise<{ rows: AuditRow[]; count: number }> {
  const rows = await matching(db, filter)
    .leftJoin('users as actors', 'actors.id', 'audit_log.actor_id')
    .leftJoin('users as subjects', 'subjects.id', 'audit_log.subject_id')
    .selectAll('audit_log')
    .select(['actors.nickname as actor', 'subjects.nickname as subject'])
    .orderBy('audit_log.id', 'desc')
    .limit(range.limit)
    .offset(range.offset)
    .execute();
  const total = await matching(db, filter)
    .select((row) => row.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { rows, count: total.count };
}

/** A deleted account stays in the log as a number that leads nowhere. */
export async function forgetInAudit(trx: Trx, args: { userId: number; pseudonym: number }): Promise<void> {
  const { userId, pseudonym } = args;
  await trx
    .updateTable('audit_log')
    .set({ actor_id: pseudonym, ip_address: null })
    .where('actor_id', '=', userId)
    .execute();
  await trx
    .updateTable('audit_log')
    .set({ subject_id: pseudonym, ip_address: null })
    .where('subject_id', '=', userId)
    .execute();
}
