import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { dollarsOf } from '../spend/money.ts';
import { claimAlert, endAlert, findDueAlerts, type DueAlert } from './alerts.store.ts';
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
  logger: FastifyBaseLogger;
  /** undefined where no mail server is set. */
  sendMail: ((to: string, mail: BudgetMail) => Promise<void>) | undefined;
  /** Own networks that webhooks may reach. */
  ownNetworks: readonly string[];
}

const EVERY_MS = 2_000;
const MINUTE = 60_000;
/** How long after each try the next one comes; after the last it is given up. */
const PAUSES_MS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE, 360 * MINUTE];

/** Sends the alerts that a transaction has left, from whichever instance sees them first. */
export function keepDelivering(parts: AlertParts): () => Promise<void> {
  const { database, clock, logger } = parts;
  const closing = new AbortController();
  let sender: Promise<WebhookSender> | undefined;
  let underWay: Promise<void> = Promise.resolve();

  async function deliver(alert: DueAlert): Promise<void> {
    if (alert.channel === 'mail') {
      // The address may be another one by now, which nobody has proved.
      if (alert.email && alert.email_verified_at !== null) await parts.sendMail?.(alert.email, mailOf(alert));
    } else if (alert.url && alert.secret) {
      sender ??= createWebhookSender(networkList(parts.ownNetworks));
      const event = { id: `alert_${alert.id}`, at: clock(), body: eventOf(alert) };
      await (await sender).send({ url: alert.url, secret: alert.secret }, event);
    }
  }

  async function tryOnce(alert: DueAlert): Promise<void> {
    const pause = PAUSES_MS[alert.attempts];
    const nextTryAt = clock() + (pause ?? MINUTE);
    if (!(await database.write(claimAlert, { id: alert.id, seenTryAt: alert.next_try_at, nextTryAt }))) return;
    try {
      await deliver(alert);
    } catch (error) {
      logger.warn({ err: error, alert: alert.id, channel: alert.channel }, 'an alert could not be delivered');
      if (pause !== undefined) return;
    }
    await database.write(endAlert, { id: alert.id, now: clock() });
  }

  async function round(): Promise<void> {
    try {
      const channels = parts.sendMail ? ['mail' as const, 'webhook' as const] : ['webhook' as const];
      const due = await findDueAlerts(database.read, { channels, now: clock() });
      await Promise.all(due.map(tryOnce));
    } catch (error) {
      if (!closing.signal.aborted) logger.error({ err: error }, 'alerts could not be looked for');
    }
    if (!closing.signal.aborted) timer = setTimeout(start, EVERY_MS).unref();
  }

  const start = () => {
    underWay = round();
  };
  let timer = setTimeout(start, EVERY_MS).unref();
  return async () => {
    closing.abort();
    clearTimeout(timer);
    await underWay;
    await (await sender)?.close();
  };
}

function mailOf(alert: DueAlert): BudgetMail {
  const { percent, month, key_name: keyName } = alert;
  return { about: 'budget', percent, month, keyName, limitUsd: dollarsOf(alert.limit_nano) };
}

function eventOf(alert: DueAlert): object {
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
