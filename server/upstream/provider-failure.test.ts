import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '#server/errors.ts';
import { ask } from '#test/ask-provider.ts';
import type { Asked } from '#test/ask-provider.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import type { Behaviour, ScriptedProvider } from '#test/scripted-provider.ts';
import { createOpenAiProvider } from './openai.ts';
import type { OpenAiProvider } from './openai.ts';
import { failureOfConnection, retryAfterSeconds } from './provider-failure.ts';

const key = 'sk-canary-0123456789abcd';
let scripted: ScriptedProvider;
let provider: OpenAiProvider;

beforeAll(async () => {
  scripted = await startScriptedProvider();
  provider = await createOpenAiProvider({
    baseUrl: scripted.url,
    apiKey: key,
    // An event that a busy machine brings late is none that the provider kept back.
    limits: { firstByteMs: 500, idleMs: 500, wholeMs: 1_500 },
  });
});
afterEach(() => scripted.reset());
afterAll(async () => {
  await provider.close();
  await scripted.close();
});

/** Asks a provider that behaves like this. */
async function askOf(behaviour: Behaviour, maxTokens?: number): Promise<Asked & { problem: Problem }> {
  scripted.script(behaviour);
  const asked = await ask(provider.chat, { maxTokens });
  if (!(asked.failure instanceof Problem)) throw new Error(`No problem came of it: ${String(asked.failure)}`);
  expect(asked.result).toBeUndefined();
  return { ...asked, problem: asked.failure };
}

describe('a status of the provider', () => {
  test.each([
    [401, 'provider_auth', 502],
    [403, 'provider_auth', 502],
    [429, 'provider_busy', 503],
    [408, 'provider_timeout', 504],
    [500, 'provider_error', 502],
    [503, 'provider_error', 502],
    [301, 'provider_error', 502],
    [405, 'provider_error', 502],
    [400, 'provider_refused', 422],
    [404, 'provider_refused', 422],
    [413, 'provider_refused', 422],
    [422, 'provider_refused', 422],
  ])('%i is %s', async (status, code, ours) => {
    const { problem, accepted } = await askOf({ status });
    expect([problem.code, problem.status, accepted]).toEqual([code, ours, 0]);
  });

  test('its Retry-After is passed on, as seconds or as a date, else there is one of ours', async () => {
    const date = new Date(Date.now() + 30_000).toUTCString();
    const waits = [];
    for (const headers of [{ 'retry-after': '7' }, { 'retry-after': date }, {}] as Array<Record<string, string>>) {
      waits.push((await askOf({ status: 429, headers })).problem.retryAfterS);
    }
    expect(waits[0]).toBe(7);
    expect(waits[1]).toBeGreaterThan(25);
    expect(waits[1]).toBeLessThanOrEqual(30);
    expect(waits[2]).toBe(5);
    expect((await askOf({ status: 503, headers: { 'retry-after': '9' } })).problem.retryAfterS).toBe(9);
    expect(retryAfterSeconds('soon')).toBeUndefined();
    expect(retryAfterSeconds('-1')).toBeUndefined();
  });

  test.each([
    ['messages', 'content'],
    ['messages[0].content', 'content'],
    ['max_completion_tokens', 'max_tokens'],
    ['temperature', 'temperature'],
    ['model', 'model'],
    ['something_else', 'content'],
    ['constructor', 'content'],
  ])('a refusal of %s names our field %s', async (param, path) => {
    const { problem } = await askOf({ status: 400, body: { error: { message: 'Not like this', param } } });
    expect(problem.errors).toEqual([{ path, message: 'Not like this' }]);
  });

  test('a too long conversation and an unknown model name their fields', async () => {
    const tooLong = { message: 'maximum context length is 8192 tokens', param: null, code: 'context_length_exceeded' };
    expect((await askOf({ status: 400, body: { error: tooLong } })).problem.errors?.[0]?.path).toBe('content');
    expect((await askOf({ status: 404 })).problem.errors?.[0]?.path).toBe('model');
    expect((await askOf({ status: 404, body: { error: 'model "x" not found' } })).problem.message).toContain('"x"');
  });

  test('a web page at 404 is not about the request', async () => {
    const { problem } = await askOf({ status: 404, body: '<html>', headers: { 'content-type': 'text/html' } });
    expect(problem.code).toBe('provider_error');
  });

  test('an exhausted account of the provider is not worth another try', async () => {
    const { problem } = await askOf({ status: 429, body: { error: { message: 'Quota', code: 'insufficient_quota' } } });
    expect(problem).toMatchObject({ code: 'provider_busy', retryable: false });
  });

  test.each([400, 401, 403, 404, 429, 500])('no part of the key shows in the problem of a %i', async (status) => {
    const message = `Incorrect API key provided: sk-canary-*********abcd, or ${key}; Bearer ${key}`;
    const { problem } = await askOf({ status, body: { error: { message, param: null, code: null } } });
    const told = JSON.stringify([problem.toDocument('/chat'), problem.stack, problem.headers, problem]);
    expect(told).not.toMatch(/canary|abcd/);
  });

  test('a body without end is not read to its end', async () => {
    const { problem } = await askOf({ status: 500, body: 'x'.repeat(3_000_000) });
    expect(problem.message).toBe('The model provider answered 500');
  });
});

describe('a provider that can not be reached', () => {
  test('because nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const nobody = await createOpenAiProvider({ baseUrl: `http://user:secret@127.0.0.1:${port}/v1`, apiKey: key });
    const { failure } = await ask(nobody.chat);
    expect(failure).toMatchObject({ code: 'provider_unreachable', status: 503, retryAfterS: 5, retryable: true });
    expect(String((failure as Problem).stack)).not.toMatch(/secret|canary/);
    await expect(nobody.listModels(new AbortController().signal)).rejects.toMatchObject({
      code: 'provider_unreachable',
    });
    await nobody.close();
  });

  test('because its name is unknown', async () => {
    const nowhere = await createOpenAiProvider({ baseUrl: 'http://nowhere.invalid/v1' });
    expect((await ask(nowhere.chat)).failure).toMatchObject({ code: 'provider_unreachable' });
    await nowhere.close();
  });

  test('or needs too long to connect is a time-out', () => {
    const slow = Object.assign(new Error('Connect Timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(failureOfConnection(slow)).toMatchObject({ code: 'provider_timeout', status: 504, retryable: true });
  });

  test('or hangs up before its answer is worth another try', async () => {
    expect((await askOf({ fault: 'refuse' })).problem).toMatchObject({ code: 'provider_error', retryable: true });
  });
});

describe('a provider that hangs', () => {
  test.each([
    ['never sends headers', { fault: 'silent' }, /^$/, 500],
    ['stalls after some text', { text: ['one ', 'two'], fault: 'stall', afterBytes: 560 }, /^one $/, 500],
    ['sends one byte at a time, slower than an event may take', { fault: 'slow', paceMs: 20 }, /^$/, 500],
    ['never ends', { fault: 'endless', text: ['x'], paceMs: 20 }, /^x+$/, 1_500],
  ] as const)(
    'because it %s: 504, the text so far is kept, its connection closed',
    async (_name, behaviour, text, limitMs) => {
      const startedAt = performance.now();
      const { problem, ...asked } = await askOf(behaviour as Behaviour);
      const { closedAt } = await scripted.closed(0);
      expect(problem).toMatchObject({ code: 'provider_timeout', status: 504, retryable: false });
      expect(asked.text).toMatch(text);
      expect(closedAt! - startedAt).toBeGreaterThan(limitMs - 20);
      expect(closedAt! - startedAt).toBeLessThan(limitMs + 1500);
    },
  );

  test('slow events, each within the limit, are no failure', async () => {
    scripted.script({ text: ['a', 'b', 'c'], paceMs: 50 });
    expect(await ask(provider.chat)).toMatchObject({ text: 'abc', result: { finishReason: 'stop' } });
  });
});

describe('an answer that is longer than asked for', () => {
  test('ends at 32 bytes of text a token', async () => {
    const { problem, text } = await askOf({ fault: 'endless', text: ['하나 둘 셋 '] }, 20);
    expect(problem).toMatchObject({ code: 'provider_error' });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(640);
    expect(Buffer.byteLength(text)).toBeGreaterThan(600);
    await scripted.closed(0);
  });

  test('ends there as JSON, and inflated a thousand times, too', async () => {
    const patient = await createOpenAiProvider({ baseUrl: scripted.url });
    const bomb = Buffer.from(`data: ${' '.repeat(8_000_000)}`);
    scripted.script({ fault: 'json', text: ['x'.repeat(2_000_000)] }, { raw: bomb, gzip: true, packets: 'one' });
    expect((await ask(patient.chat, { maxTokens: 20 })).failure).toMatchObject({ code: 'provider_error' });
    expect((await ask(patient.chat, { maxTokens: 20 })).failure).toMatchObject({ code: 'provider_error' });
    await patient.close();
  });
});
