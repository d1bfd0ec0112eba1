/** The app's own chat, titles and runs go to the providers that /v1 goes to, by one choice. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Client } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';

let second: ScriptedProvider;
let house: GatewayHouse;
let member: Client;

beforeAll(async () => {
  second = await startScriptedProvider();
  const file = join(mkdtempSync(join(tmpdir(), 'daesa-routing-')), 'providers.json');
  const endpoints = ['chat/completions'];
  const rows = [
    { name: 'second', base_url: second.url, api_key: 'sk-second-key', endpoints, prices: 'groq' },
    {
      name: 'third',
      base_url: second.url,
      api_key: 'sk-third-key',
      models: ['only-third'],
      priority: 0,
      prices: 'free',
    },
  ];
  writeFileSync(file, JSON.stringify(rows));
  house = await startGateway({ env: { PROVIDERS_FILE: file, AUTO_TITLES: 'on' } });
  member = house.owner;
});
beforeEach(() => {
  house.provider.reset();
  second.reset();
});
afterAll(async () => {
  await house.close();
  await second.close();
});

const asked = (provider: ScriptedProvider) => provider.counts['/v1/chat/completions'] ?? 0;
const entries = async (purpose: string) => (await house.ledger()).filter((row) => row.purpose === purpose);

test('where the first provider answers 500, the second one serves the chat', async () => {
  house.provider.setDefault({ status: 500 });
  second.setDefault({ text: 'from the second' });
  const answer = await member.post('/chat', { content: 'Hi', model: 'gpt-4o-mini' });
  expect(answer.status).toBe(201);
  expect(answer.body.response).toBe('from the second');
  expect([asked(house.provider), asked(second)]).toEqual([1, 1]);
  expect(second.requests[0]?.headers.authorization).toBe('Bearer sk-second-key');
});

test('a model that only another provider has is asked there alone, and listed for the chat', async () => {
  expect((await member.get('/models')).body.models.map(({ id }: { id: string }) => id)).toContain('only-third');
  second.setDefault({ text: 'from the third' });
  const answer = await member.post('/chat', { content: 'Hi', model: 'only-third' });
  expect(answer.body.response).toBe('from the third');
  expect(second.requests[0]?.headers.authorization).toBe('Bearer sk-third-key');
  expect([asked(house.provider), asked(second)]).toEqual([0, 1]);
});

test('an answer has the prices of the provider that gave it, a broken one too', async () => {
  const chat = async (model: string) => {
    await member.post('/chat', { content: 'Hi', model });
    return (await entries('chat')).at(-1);
  };
  expect(await chat('gpt-4o-mini')).toMatchObject({ price_list: 'openai', cost: 10 * 150 + 15 * 600 });
  house.provider.setDefault({ status: 500 });
  second.setDefault({ model: 'openai/gpt-oss-20b' });
  expect(await chat('openai/gpt-oss-20b')).toMatchObject({ price_list: 'groq', state: 'settled' });
  second.setDefault({ text: ['some', ' words', ' then'], fault: 'cut', afterBytes: 700 });
  expect(await chat('only-third')).toMatchObject({ price_list: 'free', state: 'settled', estimated: 1, cost: 0 });
});

test('after five failed chats in a row the first provider is left alone, in /v1 as well', async () => {
  house.provider.setDefault({ status: 500 });
  for (let chat = 0; chat < 6; chat += 1) {
    expect((await member.post('/chat', { content: 'Hi', model: 'gpt-5-nano' })).status).toBe(201);
  }
  expect([asked(house.provider), asked(second)]).toEqual([5, 6]);
  house.provider.setDefault({});
  const { openai } = await house.key();
  await openai.chat.completions.create({ model: 'gpt-5-nano', messages: [{ role: 'user', content: 'Hi' }] });
  expect([asked(house.provider), asked(second)]).toEqual([5, 7]);
  // Another model of it goes on.
  await member.post('/chat', { content: 'Hi', model: 'gpt-5-mini' });
  expect(asked(house.provider)).toBe(6);
});

test('titles and runs are served by the second one as well', async () => {
  house.provider.setDefault({ status: 500 });
  second.setDefault({ text: 'from the second' });
  const long = 'A message that is much too long to be the title of its own session. '.repeat(3);
  expect((await member.post('/chat', { content: long, model: 'gpt-4.1' })).status).toBe(201);
  await expect.poll(async () => (await entries('title')).at(-1)?.state).toBe('settled');
  const { openai } = await house.key();
  const { id } = await openai.beta.assistants.create({ model: 'gpt-4.1-mini' });
  const run = await openai.beta.threads.createAndRunPoll({ assistant_id: id }, { pollIntervalMs: 20 });
  expect(run.status).toBe('completed');
  expect((await house.ledger()).at(-1)).toMatchObject({
    endpoint: 'threads/runs',
    price_list: 'groq',
    state: 'settled',
  });
});

test('one provider that answers is enough to be healthy', async () => {
  expect((await member.get('/health')).body).toMatchObject({ openai_api: 'connected' });
});
