import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startEndpointProvider, type EndpointProvider } from '#test/endpoint-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';

const models = ['gpt-transcribe', 'whisper-large-v3', 'gpt-5-mini'];
const broken = { error: { message: 'Overloaded', type: 'server_error', param: null, code: null } };
const folder = mkdtempSync(join(tmpdir(), 'daesa-audio-'));
let first: EndpointProvider;
let second: EndpointProvider;
let server: TestServer;
let openai: OpenAI;

beforeAll(async () => {
  [first, second] = [await startEndpointProvider(models), await startEndpointProvider(models)];
  const providersFile = join(folder, 'providers.json');
  const row = { name: 'second', base_url: second.url, api_key: 'sk-second', prices: 'free' };
  writeFileSync(providersFile, JSON.stringify([row]));
  server = await startServer({
    env: {
      OPENAI_BASE_URL: first.url,
      OPENAI_API_KEY: 'sk-first',
      PROVIDERS_FILE: providersFile,
      DAILY_REQUEST_LIMIT: '-1',
    },
  });
  const owner = await joinAs(server.url, 'owner');
  const { key } = (await owner.post('/keys', { name: 'audio' })).body;
  openai = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterAll(async () => {
  await server.close();
  await Promise.all([first.close(), second.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const file = () => toFile(Buffer.alloc(200_000, 7), 'a.wav');
const rows = () => server.context.database.read.selectFrom('ledger').selectAll().orderBy('id', 'desc').execute();
const asked = (provider: EndpointProvider, path: string) =>
  provider.requests.filter((request) => request.path === `/v1/${path}`);

test('a translation over transcription and chat asks another provider for the half that the first one fails', async () => {
  first.answer('POST /v1/audio/transcriptions', broken, { status: 503 });
  second.answer('POST /v1/audio/transcriptions', { text: '안녕하세요', usage: { type: 'duration', seconds: 60 } });
  first.answer('POST /v1/chat/completions', {
    model: 'gpt-5-mini',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 40, completion_tokens: 10 },
  });
  expect(await openai.audio.translations.create({ model: 'whisper-1', file: await file() })).toEqual({ text: 'Hello' });
  expect(asked(second, 'audio/transcriptions')).toHaveLength(1);
  expect(asked(second, 'chat/completions')).toHaveLength(0);
  const [heard, said] = await rows();
  expect(heard).toMatchObject({ model: 'gpt-transcribe', state: 'settled', price_list: 'free', cost: 0 });
  expect(said).toMatchObject({ model: 'gpt-5-mini', state: 'settled', price_list: 'openai', cost: 30_000 });
});

test('a form that flows through is asked of another provider with the same bytes', async () => {
  for (const path of ['audio/translations', 'audio/transcriptions'] as const) {
    first.answer(`POST /v1/${path}`, broken, { status: 500 });
    second.answer(`POST /v1/${path}`, { text: 'Hi', usage: { type: 'duration', seconds: 60 } });
    const form = { model: 'whisper-large-v3', file: await file() };
    const { text } =
      path === 'audio/translations'
        ? await openai.audio.translations.create(form)
        : await openai.audio.transcriptions.create(form);
    expect(text).toBe('Hi');
    const [there, here] = [first, second].map((provider) => asked(provider, path).at(-1)!);
    expect(here!.body.equals(there!.body)).toBe(true);
    expect(here!.headers.authorization).toBe('Bearer sk-second');
    expect((await rows())[0]).toMatchObject({ state: 'settled', price_list: 'free', cost: 0 });
  }
});

test('after five translations that it failed the first provider is left alone', async () => {
  first.answer('POST /v1/audio/translations', broken, { status: 500 });
  second.answer('POST /v1/audio/translations', { text: 'Hi' });
  const before = asked(first, 'audio/translations').length;
  for (let request = 0; request < 7; request += 1) {
    await openai.audio.translations.create({ model: 'whisper-for-breakers', file: await file() });
  }
  expect(asked(first, 'audio/translations').length - before).toBe(5);
});
