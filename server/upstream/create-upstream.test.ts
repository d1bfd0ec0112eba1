import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask } from '#test/ask-provider.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import type { ScriptedProvider } from '#test/scripted-provider.ts';
import type { Reservation } from '../spend/reservation.ts';
import { createUpstream } from './create-upstream.ts';
import type { AnswerSink, Upstream, UpstreamOptions } from './create-upstream.ts';
import { createHealth } from './health.ts';
import { findLocalServer } from './local.ts';
import type { ChatRequest } from './upstream.ts';

let scripted: ScriptedProvider;
let upstream: Upstream | undefined;

beforeEach(async () => {
  scripted = await startScriptedProvider({ models: ['llama3.2'] });
});
afterEach(async () => {
  await upstream?.close();
  await scripted.close();
});

/** The upstream of these settings, retrying without long pauses. */
function create(options: UpstreamOptions): Upstream {
  upstream = createUpstream({ retry: { minMs: 1, maxMs: 2 }, ...options });
  return upstream;
}

// spend/ has tests of its own; here the ticket only has to be there.
const reservation = { id: 1, userId: 1 } as Reservation;
const complete = (request: ChatRequest, sink: AnswerSink, signal: AbortSignal) =>
  upstream!.complete(reservation, request, sink, signal);
const kindOf = async (one: Upstream) => (await one.find('chat/completions', 'gpt-4o-mini'))[0]!.kind;
const providersOf = (one: Upstream) => async () =>
  (await one.find('chat/completions', 'gpt-4o-mini')).map(({ provider }) => provider);
const silentAddress = 'http://127.0.0.1:9';

describe('the provider', () => {
  test('is the one configured, by a base URL without a key too', async () => {
    expect(await kindOf(create({ apiKey: 'sk-x', baseUrl: scripted.url }))).toBe('openai');
    expect(await kindOf(create({ baseUrl: scripted.url, localProvider: 'off' }))).toBe('openai');
    expect(await kindOf(create({ apiKey: 'sk-x' }))).toBe('openai');
  });

  test('is a local server that is found at the address, else the demo model', async () => {
    const local = create({ localProvider: scripted.url.replace('/v1', '') });
    expect(await kindOf(local)).toBe('local');
    expect(await local.catalogue.defaultModel()).toBe('llama3.2');
    expect((await ask(complete)).text).toBe('Scripted answer to: Hello');
    await local.close();
    expect(await kindOf(create({ localProvider: silentAddress }))).toBe('demo');
    expect(await kindOf(create({ localProvider: 'off' }))).toBe('demo');
    expect((await ask(complete)).text).toContain('demo model');
  });

  test('is looked for again while it is the demo, without making anybody wait', async () => {
    const empty = await startScriptedProvider({ models: [] });
    const waiting = create({ localProvider: empty.url, localSearchMs: 0 });
    expect(await kindOf(waiting)).toBe('demo');
    empty.setModels(['llama3.2']);
    expect(await kindOf(waiting)).toBe('demo');
    await expect.poll(() => empty.counts['/v1/models']).toBe(3);
    await expect.poll(() => kindOf(waiting)).toBe('local');
    await waiting.close();
    await empty.close();
  });

  test('that is local has to answer within the time', async () => {
    const { url } = scripted;
    scripted.setModelDelay(200);
    expect(await findLocalServer(url, 50)).toBeUndefined();
    scripted.setModelDelay(0);
    expect(await findLocalServer(`${url}/`, 300)).toBe(url);
  });
});

describe('a question', () => {
  test('is asked three times at most, and answered once', async () => {
    create({ baseUrl: scripted.url });
    scripted.script({ status: 500 }, { status: 429, headers: { 'retry-after': '0' } });
    expect(await ask(complete)).toMatchObject({ text: 'Scripted answer to: Hello', accepted: 1 });
    scripted.setDefault({ status: 503 });
    expect((await ask(complete)).failure).toMatchObject({ code: 'provider_error' });
    expect(scripted.counts['/v1/chat/completions']).toBe(6);
  });

  test('is asked again after a connection that broke before any text', async () => {
    create({ baseUrl: scripted.url });
    scripted.script({ fault: 'refuse' }, { fault: 'cut', afterBytes: 10 });
    expect((await ask(complete)).text).toBe('Scripted answer to: Hello');
  });

  test.each([
    ['a refusal', { status: 400 }],
    ['a wrong key', { status: 401 }],
    ['a long Retry-After', { status: 429, headers: { 'retry-after': '30' } }],
    ['an answer that broke after some text', { fault: 'cut', afterBytes: 500 }],
  ] as const)('is not asked again after %s', async (_name, behaviour) => {
    create({ baseUrl: scripted.url });
    scripted.setDefault(behaviour);
    expect((await ask(complete)).result).toBeUndefined();
    expect(scripted.counts['/v1/chat/completions']).toBe(1);
  });
});

describe('health', () => {
  test('is asked of the provider once in its time, however many want to know', async () => {
    const upstreamOf = create({ baseUrl: scripted.url });
    const { health } = upstreamOf;
    expect(await Promise.all([health(), health(), health()])).toEqual(['connected', 'connected', 'connected']);
    expect(scripted.counts['/v1/models']).toBe(1);
    const again = createHealth(providersOf(upstreamOf), { keepMs: 0 });
    await again();
    await again();
    expect(scripted.counts['/v1/models']).toBe(3);
  });

  test('tells a provider that is gone, one that hangs, and the demo', async () => {
    expect(await create({ baseUrl: `${silentAddress}/v1` }).health()).toBe('disconnected');
    expect(await create({ localProvider: 'off' }).health()).toBe('demo');
    scripted.setModelDelay(10_000);
    const upstreamOf = create({ baseUrl: scripted.url });
    expect(await createHealth(providersOf(upstreamOf), { timeoutMs: 30 })()).toBe('disconnected');
  });
});
