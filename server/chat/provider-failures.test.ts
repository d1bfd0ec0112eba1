import { createServer } from 'node:net';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, PROVIDER_KEY, startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { openStream, textOf } from '#test/read-stream.ts';
import type { Behaviour } from '#test/scripted-provider.ts';

let server: ChatServer;

const limits = { FIRST_BYTE_TIMEOUT_MS: '400', IDLE_TIMEOUT_MS: '400', ANSWER_TIMEOUT_MS: '3000' };

beforeAll(async () => {
  server = await startChatServer({ env: limits });
  // Every test has a behaviour of its own, chosen by its question, so that they can run at the same time.
  server.provider.setDefault(({ question }) => behaviours.get(question) ?? {});
});
afterAll(() => server.close());

const behaviours = new Map<string, Behaviour>();
let asked = 0;

function question(behaviour: Behaviour): string {
  asked += 1;
  const content = `question ${asked}`;
  behaviours.set(content, behaviour);
  return content;
}

const requestsOf = (content: string) =>
  server.provider.requests.filter(({ body }) => JSON.stringify(body).includes(`"${content}"`));

type Status = 'failed' | 'interrupted';

interface Case {
  name: string;
  behaviour: Behaviour;
  status: number;
  code: string;
  retryAfter?: string;
  /** Requests that the provider sees. */
  tries: number;
}

const cut = { text: ['아직 ', '아무도 ', '모르는 ', '말'], paceMs: 2 };

const beforeText: Case[] = [
  {
    name: '429 with a wish to wait',
    behaviour: { status: 429, headers: { 'retry-after': '7' } },
    status: 503,
    code: 'provider_busy',
    retryAfter: '7',
    tries: 1,
  },
  {
    name: '429 without one',
    behaviour: { status: 429 },
    status: 503,
    code: 'provider_busy',
    retryAfter: '5',
    tries: 3,
  },
  { name: '500', behaviour: { status: 500 }, status: 502, code: 'provider_error', tries: 3 },
  {
    name: '503',
    behaviour: { status: 503, headers: { 'retry-after': '9' } },
    status: 502,
    code: 'provider_error',
    retryAfter: '9',
    tries: 1,
  },
  { name: '401', behaviour: { status: 401 }, status: 502, code: 'provider_auth', tries: 1 },
  { name: '403', behaviour: { status: 403 }, status: 502, code: 'provider_auth', tries: 1 },
  { name: 'no headers', behaviour: { fault: 'silent' }, status: 504, code: 'provider_timeout', tries: 1 },
  {
    name: 'nothing after the headers',
    behaviour: { fault: 'stall', afterBytes: 0 },
    status: 504,
    code: 'provider_timeout',
    tries: 1,
  },
  { name: 'a closed connection', behaviour: { fault: 'refuse' }, status: 502, code: 'provider_error', tries: 3 },
  { name: 'a web page at 200', behaviour: { fault: 'html' }, status: 502, code: 'provider_error', tries: 1 },
  {
    name: 'an error event first',
    behaviour: { fault: 'error-event', text: [] },
    status: 502,
    code: 'provider_error',
    tries: 1,
  },
  { name: 'an empty answer', behaviour: { fault: 'empty' }, status: 502, code: 'provider_error', tries: 1 },
  {
    name: 'an end without [DONE]',
    behaviour: { text: [], done: false, finishReason: null },
    status: 502,
    code: 'provider_error',
    tries: 1,
  },
];

describe('a failure before the first word', () => {
  test.concurrent.each(beforeText)('$name: $status, unit back, turn failed and listed', async (row) => {
    const member = await server.join();
    const content = question(row.behaviour);
    const { status, body, headers } = await member.post('/chat', { content });
    expect([status, body.code]).toEqual([row.status, row.code]);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('retry-after')).toBe(row.retryAfter ?? null);
    expect(headers.get('ratelimit-remaining')).toBe('1000');
    expect(requestsOf(content)).toHaveLength(row.tries);
    expect(await unitsUsed(member)).toBe(0);
    const { results } = (await member.get('/chat')).body;
    expect(results).toMatchObject([{ content, status: 'failed', chat_reply: null, response: null }]);
    expect((await member.get(`/chat/${results[0].id}`)).status).toBe(200);
    await expectNoKey(member, body);
  });

  test.concurrent.each(beforeText)('$name: a stream says START and one ERROR', async (row) => {
    const member = await server.join();
    const content = question(row.behaviour);
    const started = await member.post('/chat/stream', { content });
    expect(started.status).toBe(202);
    const path = `/chat/stream/${started.body.stream_id}`;
    const events = await (await openStream(member, server.url, path)).all();
    expect(events.map(({ data }) => data.type)).toEqual(['START', 'ERROR']);
    expect(events[1]).toMatchObject({ id: '1', data: { error: { status: row.status, code: row.code } } });
    expect(await unitsUsed(member)).toBe(0);
    // From the store it reads the same.
    expect(await (await openStream(member, server.url, path)).all()).toEqual(events);
    expect((await openStream(member, server.url, path, '1')).status).toBe(204);
  });
});

describe('what the provider does not take', () => {
  test.concurrent.each([
    [400, 'temperature'],
    [404, 'model'],
    [422, 'content'],
  ])('%i is 422 with the field %s named, leaves no turn, and gives the unit back', async (status, field) => {
    const member = await server.join();
    const content = question({ status });
    const answer = await member.post('/chat', { content, model: 'nothing', temperature: 1 });
    expect([answer.status, answer.body.code]).toEqual([422, 'provider_refused']);
    expect(answer.body.errors[0].path).toBe(field);
    expect((await member.get('/chat')).body.count).toBe(0);
    expect(await unitsUsed(member)).toBe(0);
    expect(requestsOf(content)).toHaveLength(1);
  });
});

const inTheMiddle: [name: string, behaviour: Behaviour, status: number][] = [
  ['a stall', { ...cut, fault: 'stall', afterBytes: 700 }, 504],
  ['an early end', { ...cut, fault: 'end', afterBytes: 700 }, 502],
  ['a cut', { ...cut, fault: 'cut', afterBytes: 700 }, 502],
  ['a reset', { ...cut, fault: 'reset', afterBytes: 700 }, 502],
  ['a broken event', { ...cut, fault: 'malformed', text: ['아직 '] }, 502],
  ['an answer without end', { fault: 'endless', text: ['more '], paceMs: 20 }, 504],
];

describe('a failure in mid-answer', () => {
  test.concurrent.each(inTheMiddle)('%s: text kept, one ERROR, unit spent', async (name, behaviour, status) => {
    const member = await server.join();
    // An error event comes after one delta, a broken one after the role.
    const content = question(name === 'a broken event' ? { raw: brokenAfterText() } : behaviour);
    const { body } = await member.post('/chat/stream', { content });
    const path = `/chat/stream/${body.stream_id}`;
    const events = await (await openStream(member, server.url, path)).all();
    const text = textOf(events);
    expect(text).not.toBe('');
    expect(events.filter(({ data }) => data.type === 'ERROR')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ id: String(text.length + 1), data: { type: 'ERROR', error: { status } } });
    expect((await member.get('/chat')).body.results).toMatchObject([
      { content, status: 'interrupted' satisfies Status, response: text },
    ]);
    expect(await unitsUsed(member)).toBe(1);
    expect(requestsOf(content)).toHaveLength(1);
    await eventually(async () => requestsOf(content)[0]!.closedAt, 2_000);
  });

  test.concurrent('a request that waits gets the problem, and the text is in the history', async () => {
    const member = await server.join();
    const content = question({ ...cut, fault: 'reset', afterBytes: 700 });
    const { status, body, headers } = await member.post('/chat', { content });
    expect([status, body.code, headers.get('ratelimit-remaining')]).toEqual([502, 'provider_error', '999']);
    const { results } = (await member.get('/chat')).body;
    expect(results).toMatchObject([{ status: 'interrupted', response: expect.stringMatching(/^아직 /) }]);
  });
});

function brokenAfterText(): Uint8Array {
  const chunk = { choices: [{ index: 0, delta: { content: '아직 ' }, finish_reason: null }] };
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\ndata: {"choices":[{"del\n\n`);
}

/** Neither this answer nor what the user can read later holds the provider's key or a part of it. */
async function expectNoKey(member: Client, body: unknown): Promise<void> {
  const seen = JSON.stringify([body, (await member.get('/chat')).body]);
  expect(seen).not.toContain(PROVIDER_KEY);
  expect(seen).not.toContain('sk-canary');
}

test('no log line holds the key, a message or a token, whatever fails', async () => {
  const lines: string[] = [];
  const catcher = new Writable({
    write: (line, _encoding, done) => {
      lines.push(String(line));
      done();
    },
  });
  const logged = await startChatServer({ env: { ...limits, LOG_LEVEL: 'debug' }, logTo: catcher });
  const member = await logged.join();
  for (const status of [401, 400, 500]) {
    logged.provider.setDefault({ status, body: { error: { message: `Bad key ${PROVIDER_KEY}`, code: PROVIDER_KEY } } });
    const answer = await member.post('/chat', { content: 'my-secret-question' });
    expect(JSON.stringify(answer.body)).not.toContain(PROVIDER_KEY);
  }
  await member.post('/chat', '{"content": my-secret-question');
  await logged.close();
  const log = lines.join('');
  expect(log).toContain('/chat');
  for (const secret of [PROVIDER_KEY, 'my-secret-question', member.token]) expect(log).not.toContain(secret);
});

test('a provider that can not be reached is 503 with Retry-After, and the unit comes back', async () => {
  const port = createServer().listen(0, '127.0.0.1');
  await once(port, 'listening');
  const { port: free } = port.address() as { port: number };
  await new Promise((resolve) => port.close(resolve));
  const unreachable = await startChatServer({ env: { OPENAI_BASE_URL: `http://127.0.0.1:${free}/v1` } });
  const member = await unreachable.join();
  const { status, body, headers } = await member.post('/chat', { content: 'anybody?' });
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'provider_unreachable', '5']);
  expect(await unitsUsed(member)).toBe(0);
  await unreachable.close();
});
