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

/** An alert on its way to one person, with all that it says. */
export interface DueAlert {
  id: number;
  channel: Schema['alert_deliveries']['channel'];
  attempts: number;
  next_try_at: number;
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

export function findDueAlerts(
  db: Db,
  args: { channels: Schema['alert_deliveries']['channel'][]; now: number },
): Promise<DueAlert[]> {
  return db
    .selectFrom('alert_deliveries')
    .innerJoin('budget_notices', 'budget_notices.id', 'alert_deliveries.notice_id')
    .innerJoin('users', 'users.id', 'alert_deliveries.user_id')
    .leftJoin('api_keys', 'api_keys.id', 'budget_notices.key_id')
    .leftJoin('alert_webhooks', 'alert_webhooks.user_id', 'alert_deliveries.user_id')
    .select([
      'alert_deliveries.id',
      'alert_deliveries.channel',
      'alert_deliveries.attempts',
      'alert_deliveries.next_try_at',
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
    .where('alert_deliveries.ended_at', 'is', null)
    .where('alert_deliveries.next_try_at', '<=', args.now)
    .where('alert_deliveries.channel', 'in', args.channels)
    .orderBy('alert_deliveries.next_try_at')
    .limit(50)
    .execute();
}

/** Takes a delivery for one try. False: another instance has taken it. */
export async function claimAlert(
  trx: Trx,
  args: { id: number; seenTryAt: number; nextTryAt: number },
): Promise<boolean> {
  const claimed = await trx
    .updateTable('alert_deliveries')
    .set((row) => ({ attempts: row('attempts', '+', 1), next_try_at: args.nextTryAt }))
    .where('id', '=', args.id)
    .where('next_try_at', '=', args.seenTryAt)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return claimed !== undefined;
}

export async function endAlert(trx: Trx, args: { id: number; now: number }): Promise<void> {
  await trx.updateTable('alert_deliveries').set({ ended_at: args.now }).where('id', '=', args.id).execute();
}
