import type { Database } from '../db/database.ts';
import type { Job } from '../jobs/jobs.store.ts';
import { ALL_TRIES, type Worker } from '../jobs/work-jobs.ts';
import { dollarsOf } from '../spend/money.ts';
import { findAlert, type Alert } from './alerts.store.ts';
import { networkList } from './public-address.ts';
import { createWebhookSender, type WebhookSender } from './webhook-sender.ts';

/** What a mail about a budget says. */
export interface BudgetMail {
  about: 'budget';
  percent: number;
  limitUsd: number;
  month: string;
  /** null: the budget of the whole server. */
  keyName: string | null;
}

export interface AlertParts {
  database: Database;
  clock: () => number;
  /** undefined where no mail server is set. */
  sendMail: ((to: string, mail: BudgetMail, signal: AbortSignal) => Promise<void>) | undefined;
  /** Own networks that webhooks may reach. */
  ownNetworks: readonly string[];
}

export interface AlertWorkers {
  workers: { alert_mail?: Worker; alert_webhook: Worker };
  close(): Promise<void>;
}

/** Sends the alerts that a transaction has left. */
export function createAlertWorkers(parts: AlertParts): AlertWorkers {
  const { database, clock, sendMail } = parts;
  let sender: Promise<WebhookSender> | undefined;

  async function find({ detail, userId }: Job): Promise<Alert | undefined> {
    const { noticeId } = detail as { noticeId: number };
    return userId === null ? undefined : findAlert(database.read, { noticeId, userId });
  }

  async function post(job: Job, signal: AbortSignal): Promise<void> {
    const alert = await find(job);
    if (!alert?.url || !alert.secret) return;
    sender ??= createWebhookSender(networkList(parts.ownNetworks));
    const event = { id: `alert_${job.id}`, at: clock(), body: eventOf(alert) };
    await (await sender).send({ url: alert.url, secret: alert.secret }, event, signal);
  }

  const mail = (send: NonNullable<AlertParts['sendMail']>) => async (job: Job, signal: AbortSignal) => {
    const alert = await find(job);
    // The address may be another one by now, which nobody has proved.
    if (alert?.email && alert.email_verified_at !== null) await send(alert.email, mailOf(alert), signal);
  };

  return {
    workers: {
      ...(sendMail && { alert_mail: { tries: ALL_TRIES, work: mail(sendMail) } }),
      alert_webhook: { tries: ALL_TRIES, work: post },
    },
    close: async () => (await sender)?.close(),
  };
}

function mailOf(alert: Alert): BudgetMail {
  const { percent, month, key_name: keyName } = alert;
  return { about: 'budget', percent, month, keyName, limitUsd: dollarsOf(alert.limit_nano) };
}

function eventOf(alert: Alert): object {
  return {
    type: 'budget.alert',
    timestamp: new Date(alert.created_at).toISOString(),
    data: {
      scope: alert.key_id === null ? 'server' : 'key',
      key_id: alert.key_id,
      key_name: alert.key_name,
      month: alert.month,
      percent: alert.percent,
      limit_usd: dollarsOf(alert.limit_nano),
    },
  };
}
