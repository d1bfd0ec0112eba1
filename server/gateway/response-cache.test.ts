import { rmSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import OpenAI from 'openai';
import { joinAs } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { hasRedis, startRedis } from '#test/redis.ts';
import { freshPlace } from '#test/server.ts';

let house: GatewayHouse;
const question = {
  model: 'gpt-5-mini',
  temperature: 0,
  messages: [{ role: 'user' as const, content: 'What is the capital of Korea?' }],
};

beforeAll(async () => {
  house = await startGateway();
});
beforeEach(() => house.provider.reset());
afterAll(() => house.close());

const asked = () => house.provider.counts['/v1/chat/completions'] ?? 0;

async function keyOfStranger(limits: object): Promise<OpenAI> {
  const stranger = await joinAs(house.server.url, 'stranger');
  const { key } = (await stranger.post('/keys', { name: 'x', ...limits })).body;
  return new OpenAI({ apiKey: key, baseURL: `${house.server.url}/v1`, maxRetries: 0 });
}

test('an equal request that leaves nothing to chance is answered again, for nothing, and marked', async () => {
  const { openai } = await house.key({ response_cache: 'own' });
  const first = await openai.chat.completions.create(question).withResponse();
  expect(first.response.headers.get('x-daesa-cache')).toBeNull();
  const second = await openai.chat.completions.create(question).withResponse();
  expect(second.data).toEqual(first.data);
  expect(second.response.headers.get('x-daesa-cache')).toBe('hit');
  expect(asked()).toBe(1);
  expect((await house.ledger()).at(-1)).toMatchObject({ from_cache: 1, cost: 0, units: 1, state: 'settled' });
  const stream = await openai.chat.completions.create({ ...question, stream: true });
  for await (const chunk of stream) expect(chunk.choices).toHaveLength(1);
  expect(asked()).toBe(2);
});

test('is off without being asked for, for what is left to chance, and by header', async () => {
  const off = await house.key();
  const on = await house.key({ response_cache: 'own' });
  const other = { ...question, messages: [{ role: 'user' as const, content: 'Another one' }] };
  for (let round = 0; round < 2; round += 1) {
    await off.openai.chat.completions.create(other);
    await on.openai.chat.completions.create({ ...other, temperature: 0.5 });
    await on.openai.chat.completions.create(other, { headers: { 'x-daesa-cache': 'off' } });
  }
  expect(asked()).toBe(6);
  await off.openai.chat.completions.create(other, { headers: { 'x-daesa-cache': 'on' } });
  await off.openai.chat.completions.create(other, { headers: { 'x-daesa-cache': 'on' } });
  expect(asked()).toBe(7);
});

test('never crosses from one user to another, unless both keys say so', async () => {
  const mine = await house.key({ response_cache: 'own' });
  const secret = { ...question, messages: [{ role: 'user' as const, content: 'Mine alone' }] };
  await mine.openai.chat.completions.create(secret);
  await (await keyOfStranger({ response_cache: 'own' })).chat.completions.create(secret);
  await (await keyOfStranger({ response_cache: 'shared' })).chat.completions.create(secret);
  expect(asked()).toBe(3);
  await (await keyOfStranger({ response_cache: 'shared' })).chat.completions.create(secret);
  expect(asked()).toBe(3);
});

test.skipIf(!hasRedis)(
  'what a Redis remembers outlives the process, stays in its deployment, and may be away',
  async () => {
    const redis = await startRedis();
    const place = await freshPlace();
    const env = { REDIS_URL: redis.url };
    const askAt = async (one: GatewayHouse) => {
      const { openai } = await one.key({ response_cache: 'shared' });
      const { response } = await openai.chat.completions.create(question).withResponse();
      return [response.headers.get('x-daesa-cache'), one.provider.counts['/v1/chat/completions'] ?? 0];
    };
    const first = await startGateway({ env, on: place });
    expect(await askAt(first)).toEqual([null, 1]);
    await first.close();
    const next = await startGateway({ env, on: place });
    expect(await askAt(next)).toEqual(['hit', 0]);
    const stranger = await startGateway({ env });
    expect(await askAt(stranger)).toEqual([null, 1]);
    await redis.stop();
    expect(await askAt(next)).toEqual([null, 1]);
    for (const one of [next, stranger]) await one.close();
    rmSync(place.dataDir, { recursive: true, force: true });
  },
  // It starts a Redis and three servers.
  60_000,
);

test('calls are counted by model and status', async () => {
  const answer = await fetch(`${house.server.url}/metrics`);
  const text = await answer.text();
  expect(text).toMatch(/daesa_model_calls_total\{endpoint="chat\/completions",model="gpt-5-mini",status="200"\} \d+/);
  expect(text).toMatch(/daesa_model_tokens_total\{model="gpt-5-mini"\} \d+/);
});
