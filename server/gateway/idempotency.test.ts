import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import type { Answer, Client } from '#test/client.ts';

let house: GatewayHouse;
let plain: Client;
const path = '/v1/chat/completions';
const question = { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Once' }] };

beforeAll(async () => {
  house = await startGateway();
  ({ plain } = await house.key());
});
beforeEach(() => house.provider.reset());
afterAll(() => house.close());

const asked = () => house.provider.counts[path] ?? 0;
const ask = (key: string, body: object = question, client = plain): Promise<Answer> =>
  client.post(path, body, { 'idempotency-key': key });
const code = (answer: Answer) => answer.body.error?.code as string | undefined;

test('fifty equal requests at once with one key ask the model once; the others get the answer or 409', async () => {
  house.provider.setDefault({ delayMs: 50 });
  const before = (await house.ledger()).length;
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask('fifty')));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(1);
  expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
  const waiting = answers.find(({ status }) => status === 409);
  expect(waiting?.headers.get('retry-after')).toBe('1');
  expect([asked(), (await house.ledger()).length - before]).toEqual([1, 1]);
  const again = await ask('fifty');
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.body).toEqual(answers.find(({ status }) => status === 200)!.body);
  expect(asked()).toBe(1);
});

test('another body under the key is 422, another user and another route have keys of their own', async () => {
  await ask('shared');
  const other = await ask('shared', { ...question, temperature: 1 });
  expect([other.status, code(other), other.headers.get('x-should-retry')]).toEqual([
    422,
    'idempotency_mismatch',
    'false',
  ]);
  expect((await ask('shared', question, house.administrator)).status).toBe(200);
  expect(
    (await plain.post('/v1/completions', { model: 'gpt-5-mini', prompt: 'Hi' }, { 'idempotency-key': 'shared' }))
      .status,
  ).toBe(200);
  expect(asked()).toBe(3);
});

test('only an answer is remembered: after a refusal or a failure the key is free again', async () => {
  for (const behaviour of [{ status: 400 }, { status: 401 }, { fault: 'html' as const }]) {
    house.provider.reset();
    house.provider.script(behaviour);
    const key = `free-${JSON.stringify(behaviour)}`.replaceAll(/[^\w-]/g, '');
    expect((await ask(key)).status).toBeGreaterThanOrEqual(400);
    const again = await ask(key, { ...question, temperature: 1 });
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, null]);
  }
});

test('a key that is freed while others come with it is running or free, never an error of ours', async () => {
  house.provider.setDefault({ status: 400 });
  for (let round = 0; round < 3; round += 1) {
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask(`freed-${round}`)));
    expect(answers.filter(({ status }) => status !== 400 && status !== 409)).toEqual([]);
  }
});

test('a stream is given again byte for byte', async () => {
  const body = { ...question, stream: true };
  const first = await ask('stream', body);
  const again = await ask('stream', body);
  expect(first.body).toContain('data: [DONE]');
  expect(again.body).toBe(first.body);
  expect(again.headers.get('content-type')).toContain('text/event-stream');
  expect(asked()).toBe(1);
});

test('the key has 1 to 255 visible characters', async () => {
  expect((await ask('x'.repeat(255))).status).toBe(200);
  for (const key of ['x'.repeat(256), 'a b', 'é']) {
    const refused = await ask(key);
    expect([refused.status, refused.body.error.param]).toEqual([422, 'Idempotency-Key']);
  }
});
