import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { startMailbox, type Mailbox } from '#test/mailbox.ts';
import { writeTo } from '#test/write-to.ts';
import { networkList } from './public-address.ts';
import { createWebhookSender, refusalOf, signatureOf } from './webhook-sender.ts';

interface Posted {
  headers: IncomingHttpHeaders;
  text: string;
}

/** Somebody's address for webhooks. */
interface Listener {
  url: string;
  posts: Posted[];
  connections: () => number;
  answerWith(status: number, headers?: Record<string, string>): void;
  /** Resolves with post number `index`, from 0. */
  post(index: number): Promise<Posted>;
  close(): Promise<void>;
}

async function startListener(): Promise<Listener> {
  const posts: Posted[] = [];
  let answer: [number, Record<string, string>] = [204, {}];
  let connections = 0;
  const server: Server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    posts.push({ headers: request.headers, text });
    response.writeHead(...answer).end();
    server.emit('posted');
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    posts,
    connections: () => connections,
    answerWith: (status, headers = {}) => {
      answer = [status, headers];
    },
    post: async (index) => {
      while (posts.length <= index) await once(server, 'posted');
      return posts[index]!;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const question = { model: 'gpt-4', max_tokens: 1_600, messages: [{ role: 'user' as const, content: 'Hi' }] };
let house: GatewayHouse;
let mailbox: Mailbox;
let listener: Listener;

beforeAll(async () => {
  mailbox = await startMailbox();
  listener = await startListener();
  house = await startGateway({
    env: { SMTP_URL: mailbox.url, WEBHOOK_NETWORKS: '127.0.0.0/8', MONTHLY_BUDGET_USD: '1.2' },
  });
  house.provider.setModels(['gpt-4']);
  // At $60 a million, a hundred thousandth less than ten cents.
  house.provider.setDefault({ usage: { prompt: 0, completion: 1_600 } });
});
afterAll(async () => {
  await house.close();
  await mailbox.close();
  await listener.close();
});

/** The mail that verifies the address comes first. */
async function verify(client: Client): Promise<void> {
  const { text } = await mailbox.next(client.email);
  const token = /token=([\w-]{43})/.exec(text)![1]!;
  await client.get(`/accounts/verify?token=${token}`);
}

describe('a budget', () => {
  test('tells its owner by mail and webhook at 80 % and at 100 %, as soon as that much is spent, once', async () => {
    await verify(house.owner);
    const { secret } = (await house.owner.put('/usage/webhook', { url: listener.url })).body;
    const { id, openai } = await house.key({ name: 'The robot', monthly_budget_usd: 0.24 });
    const call = () => openai.chat.completions.create(question);
    await call();
    await call();
    const first = await listener.post(0);
    const event = JSON.parse(first.text);
    expect(event).toMatchObject({
      type: 'budget.alert',
      data: { scope: 'key', key_id: id, key_name: 'The robot', percent: 80, limit_usd: 0.24 },
    });
    const { 'webhook-id': eventId, 'webhook-timestamp': seconds, 'webhook-signature': signature } = first.headers;
    expect(signature).toBe(signatureOf(secret, String(eventId), Number(seconds), first.text));
    const mail = await mailbox.next(house.owner.email);
    expect([mail.subject.includes('80 %'), mail.text.includes('“The robot”')]).toEqual([true, true]);
    // The third call is refused: the budget is as good as used up.
    await expect(call()).rejects.toMatchObject({ code: 'budget_exhausted' });
    expect(JSON.parse((await listener.post(1)).text).data.percent).toBe(100);
    expect((await mailbox.next(house.owner.email)).subject).toContain('100 %');
    await expect(call()).rejects.toMatchObject({ code: 'budget_exhausted' });
    // Raised, it has its marks anew.
    await house.owner.put(`/keys/${id}`, { monthly_budget_usd: 0.3 });
    await call();
    expect(JSON.parse((await listener.post(2)).text).data).toMatchObject({ percent: 80, limit_usd: 0.3 });
    const { notices } = (await house.owner.get('/usage')).body;
    expect(notices.map((notice: { percent: number }) => notice.percent)).toEqual([80, 100, 80]);
  });

  test('of the whole server is told to its administrators, not to members', async () => {
    const posted = listener.posts.length;
    expect((await house.owner.delete('/usage/webhook')).status).toBe(204);
    await house.administrator.put('/usage/webhook', { url: listener.url });
    const { openai } = await house.key();
    for (let calls = 3; calls < 10; calls += 1) await openai.chat.completions.create(question);
    const { data } = JSON.parse((await listener.post(posted)).text);
    expect(data).toMatchObject({ scope: 'server', percent: 80, key_id: null, limit_usd: 1.2 });
    // Unproved addresses get no mail about money.
    expect(mailbox.mails.filter(({ to }) => to.includes(house.administrator.email))).toHaveLength(1);
    const { notices } = (await house.owner.get('/usage')).body;
    expect(notices.every((notice: { key_id: number | null }) => notice.key_id !== null)).toBe(true);
  });
});

test('a webhook that fails is tried again, and takes no redirect for an answer', async () => {
  const posted = listener.posts.length;
  listener.answerWith(302, { location: '/elsewhere' });
  const { openai } = await house.key();
  const call = () => openai.chat.completions.create(question);
  await call();
  await call();
  await expect(call()).rejects.toMatchObject({ code: 'budget_exhausted' });
  const first = await listener.post(posted);
  listener.answerWith(204);
  await writeTo(house.server, 'update jobs set due_at = 0');
  const second = await listener.post(posted + 1);
  expect(second.text).toBe(first.text);
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  const open = () => house.server.context.database.read.selectFrom('jobs').select('id').execute();
  await expect.poll(open).toEqual([]);
  expect(listener.posts).toHaveLength(posted + 2);
});

describe('a webhook leads to the public internet only', () => {
  const port = () => new URL(listener.url).port;
  test.for([
    'http://127.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://0x7f.1:PORT/',
    'http://2130706433:PORT/',
    'http://0.0.0.0:PORT/',
    'http://[::1]:PORT/',
    'http://[::]:PORT/',
    'http://[::ffff:7f00:1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://[fe80::1]:PORT/',
    'http://localhost:PORT/',
    'http://localhost.:PORT/',
    'http://a.localhost:PORT/',
    'http://user@example.com/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/',
    'ftp://example.com/',
    'javascript:alert(1)',
    'not a url',
  ])('%s is refused', async (template) => {
    const strict = networkList([]);
    const url = template.replace('PORT', port());
    const before = listener.connections();
    const sender = await createWebhookSender(strict);
    await expect(sender.send({ url, secret: 'whsec_AAAA' }, { id: 'x', at: 0, body: {} })).rejects.toThrow(
      'The webhook',
    );
    expect(refusalOf(url, strict)).toBeTypeOf('string');
    expect(listener.connections()).toBe(before);
    await sender.close();
  });

  test('also where a name leads to an own address at the moment of the call', async () => {
    const before = listener.connections();
    const url = `http://${hostname()}:${port()}/`;
    const sender = await createWebhookSender(networkList([]));
    await expect(sender.send({ url, secret: 'whsec_AAAA' }, { id: 'x', at: 0, body: {} })).rejects.toThrow(
      /does not lead|ENOTFOUND|EAI_AGAIN/,
    );
    expect(listener.connections()).toBe(before);
    await sender.close();
  });

  test('and says so when it is set', async () => {
    const answer = await house.owner.put('/usage/webhook', { url: 'http://10.0.0.1/' });
    expect([answer.status, answer.body.errors[0].path]).toEqual([422, 'url']);
    expect((await house.owner.get('/usage/webhook')).status).toBe(404);
  });
});
