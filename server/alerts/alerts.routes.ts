import { randomBytes } from 'node:crypto';
import { alertWebhook, newAlertWebhook, webhookBody } from '#contracts/alerts.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { invalidField, Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { findWebhook, removeWebhook, setWebhook } from './alerts.store.ts';
import { networkList } from './public-address.ts';
import { refusalOf } from './webhook-sender.ts';

interface AlertRouteParts {
  config: Config;
  database: Database;
  clock: () => number;
}

const tags = ['keys'];
const config = { access: 'user' as const };
const path = '/usage/webhook';

/** Where alerts about budgets are posted to. */
export function addAlertRoutes(app: App, parts: AlertRouteParts): void {
  const { database } = parts;
  const own = networkList(parts.config.WEBHOOK_NETWORKS);
  const reading = { tags, summary: 'Where own budget alerts are posted', response: answers({ 200: alertWebhook }) };
  app.get(path, { config, schema: reading }, async (request) => {
    const webhook = await findWebhook(database.read, visitorOf(request).id);
    if (!webhook) throw new Problem('not_found');
    return { url: webhook.url, created_at: new Date(webhook.created_at).toISOString() };
  });
  const setting = {
    tags,
    summary: 'Post own budget alerts to an address, signed with a new secret that is shown once',
    body: webhookBody,
    response: answers({ 200: newAlertWebhook }),
  };
  app.put(path, { config, schema: setting }, async (request, reply) => {
    const { url } = request.body;
    const refusal = refusalOf(url, own);
    if (refusal) throw invalidField('url', refusal);
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const now = parts.clock();
    await database.write(setWebhook, { user_id: visitorOf(request).id, url, secret, created_at: now });
    return reply.header('cache-control', 'no-store').send({ url, secret, created_at: new Date(now).toISOString() });
  });
  const removing = { tags, summary: 'Post no more alerts', response: answers({ 204: nothing }) };
  app.delete(path, { config, schema: removing }, async (request, reply) => {
    if (!(await database.write(removeWebhook, { userId: visitorOf(request).id }))) throw new Problem('not_found');
    return reply.code(204).send();
  });
}
