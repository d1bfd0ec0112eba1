import type { Db, Schema, Trx } from '../db/schema.ts';

export type Webhook = Schema['alert_webhooks'];

export function findWebhook(db: Db, userId: number): Promise<Webhook | undefined> {
  return db.selectFrom('alert_webhooks').selectAll().where('user_id', '=', userId).executeTakeFirst();
}

/** Sets where a user's alerts go. The secret is always a new one. */
export async function setWebhook(trx: Trx, webhook: Webhook): Promise<void> {
  const { user_id: _user, ...changed } = webhook;
  await trx
    .insertInto('alert_webhooks')
    .values(webhook)
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(changed))
    .execute();
}

export async function removeWebhook(trx: Trx, args: { userId: number }): Promise<boolean> {
  const removed = await trx
    .deleteFrom('alert_webhooks')
    .where('user_id', '=', args.userId)
    .returning('user_id')
    .executeTakeFirst();
  return removed !== undefined;
}

/** What an alert says, and where it goes. */
export interface Alert {
  percent: number;
  month: string;
  limit_nano: number;
  key_id: number | null;
  key_name: string | null;
  created_at: number;
  email: string | null;
  email_verified_at: number | null;
  url: string | null;
  secret: string | null;
}

/** A notice as it is told to one person; undefined where one of the two is gone. */
export function findAlert(db: Db, args: { noticeId: number; userId: number }): Promise<Alert | undefined> {
  return db
    .selectFrom('budget_notices')
    .innerJoin('users', (join) => join.on('users.id', '=', args.userId))
    .leftJoin('api_keys', 'api_keys.id', 'budget_notices.key_id')
    .leftJoin('alert_webhooks', 'alert_webhooks.user_id', 'users.id')
    .select([
      'budget_notices.percent',
      'budget_notices.month',
      'budget_notices.limit_nano',
      'budget_notices.key_id',
      'api_keys.name as key_name',
      'budget_notices.created_at',
      'users.email',
      'users.email_verified_at',
      'alert_webhooks.url',
      'alert_webhooks.secret',
    ])
    .where('budget_notices.id', '=', args.noticeId)
    .executeTakeFirst();
}
