import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { openStream, textOf } from '#test/read-stream.ts';

let server: ChatServer;
let one: Client;
let other: Client;
let now = Date.now();

beforeAll(async () => {
  server = await startChatServer({ clock: () => now, env: { STREAM_REPLAY_MS: '60000' } });
  [one, other] = await Promise.all([server.join('one'), server.join('other')]);
});
afterEach(() => {
  now = Date.now();
  server.provider.reset();
});
afterAll(() => server.close());

async function start(content: string, headers: Record<string, string> = {}): Promise<{ path: string; id: string }> {
  const { status, body } = await one.post('/chat/stream', { content }, headers);
  expect(status).toBe(202);
  return { path: `/chat/stream/${body.stream_id}`, id: body.stream_id };
}

const read = (path: string, lastEventId?: string, client = one) => openStream(client, server.url, path, lastEventId);

/** What the stored turn of a stream shows. */
async function turnOf(path: string) {
  const stream = await read(path);
  const first = await stream.event(0);
  stream.leave();
  const { chat_id } = first!.data as { chat_id: number };
  return (await one.get(`/chat/${chat_id}`)).body;
}

/** Letters of one to four bytes, so that ids counted in bytes or code points would differ. */
const deltas = Array.from({ length: 120 }, (_, index) => `${'aé한😀'.repeat(index % 4)}${index} `);
const whole = deltas.join('');

test('a stream starts with 202, and says START, CHUNKs and END with the units of text as ids', async () => {
  server.provider.script({ text: ['안녕', ' 👋', ' there'] });
  const { status, body, headers } = await one.post('/chat/stream', { content: 'Hi' });
  expect(status).toBe(202);
  expect(body).toEqual({ stream_id: expect.stringMatching(/^[\w-]{16,}$/), status: 'started' });
  expect(headers.get('location')).toBe(`http://localhost:0/chat/stream/${body.stream_id}`);
  expect(headers.get('ratelimit-limit')).toBe('1000');
  const stream = await read(`/chat/stream/${body.stream_id}`);
  expect(stream.status).toBe(200);
  expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(stream.headers.get('cache-control')).toContain('no-store');
  expect(stream.headers.get('x-accel-buffering')).toBe('no');
  expect(stream.headers.get('x-content-type-options')).toBe('nosniff');
  const events = await stream.all();
  expect(events.every(({ name }) => name === 'chunk')).toBe(true);
  expect(events[0]).toMatchObject({ id: '0', data: { type: 'START', stream_id: body.stream_id } });
  const { chat_id } = events[0]!.data as { chat_id: number };
  let units = 0;
  for (const { id, data } of events.slice(1, -1)) {
    units += (data as { content: string }).content.length;
    expect([data.type, id]).toEqual(['CHUNK', String(units)]);
  }
  expect(textOf(events)).toBe('안녕 👋 there');
  expect(events.at(-1)).toEqual({
    id: String('안녕 👋 there'.length + 1),
    name: 'chunk',
    data: {
      type: 'END',
      full_content: '안녕 👋 there',
      chat_id,
      usage: { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 },
      finish_reason: 'stop',
    },
  });
  expect((await one.get(`/chat/${chat_id}`)).body).toMatchObject({ status: 'done', response: '안녕 👋 there' });
});

test('the end of a stream says why it ended', async () => {
  for (const reason of ['length', 'content_filter']) {
    server.provider.script({ finishReason: reason });
    const { path } = await start('Hi');
    const events = await (await read(path)).all();
    expect(events.at(-1)!.data).toMatchObject({ type: 'END', finish_reason: reason });
    // The same from the store.
    expect((await (await read(path)).all()).at(-1)).toEqual(events.at(-1));
  }
});

test('every place of a finished stream can be gone on from', async () => {
  server.provider.script({ text: ['가나', '다😀', 'xyz'] });
  const text = '가나다😀xyz';
  const { path } = await start('Hi');
  await (await read(path)).all();
  for (let place = 0; place <= text.length; place += 1) {
    const events = await (await read(path, String(place))).all();
    expect([place, textOf(events)]).toEqual([place, text.slice(place)]);
    expect(events.some(({ data }) => data.type === 'START')).toBe(false);
    expect(events.at(-1)).toMatchObject({ id: String(text.length + 1), data: { type: 'END', full_content: text } });
  }
  expect((await read(path, String(text.length + 1))).status).toBe(204);
});

test.each(['', 'x', '-1', '1.5', '1e1', ' 1 x', '99999', '9'.repeat(40), '0x1'])(
  'the Last-Event-ID %j is no place, and means the beginning',
  async (place) => {
    server.provider.script({ text: 'short answer' });
    const { path } = await start('Hi');
    await (await read(path)).all();
    const headers = /^[\x20-\x7e]*$/.test(place) ? place : encodeURIComponent(place);
    const events = await (await read(path, headers)).all();
    expect(events[0]!.data.type).toBe('START');
    expect(textOf(events)).toBe('short answer');
  },
);

test('a place beyond a running answer means the beginning, its last one waits', async () => {
  server.provider.script({ text: ['abc', 'def'], hold: true });
  const { path } = await start('Hi');
  const [beyond, last] = await Promise.all([read(path, '50'), read(path, '0')]);
  await server.provider.request(0);
  server.provider.release();
  expect((await beyond.all())[0]!.data.type).toBe('START');
  const events = await last.all();
  expect(events.some(({ data }) => data.type === 'START')).toBe(false);
  expect(textOf(events)).toBe('abcdef');
});

test('three readers that break off at random places put together the same bytes', { timeout: 30_000 }, async () => {
  const rounds = 3;
  let cuts = 0;
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');

  async function readWithCuts(path: string, planned: number): Promise<string> {
    let text = '';
    let place: string | undefined;
    for (let left = planned; ; left -= 1) {
      const stream = await read(path, place);
      if (stream.status === 204) return text;
      const take = left > 0 ? 1 + Math.floor(Math.random() * 5) : Infinity;
      let ended = false;
      for (let index = 0; index < take; index += 1) {
        const event = await stream.event(index);
        if (!event) break;
        place = event.id;
        text += textOf([event]);
        ended = event.data.type === 'END';
      }
      stream.leave();
      if (ended) return text;
      cuts += 1;
    }
  }

  for (let round = 0; round < rounds; round += 1) {
    server.provider.script({ text: deltas, paceMs: 4 });
    const { path } = await start('Write much');
    const texts = await Promise.all([8, 8, 8].map((planned) => readWithCuts(path, planned)));
    expect(texts.map(hash)).toEqual([hash(whole), hash(whole), hash(whole)]);
  }
  expect(cuts).toBeGreaterThanOrEqual(60);
});

test('a reader that takes nothing holds up nobody', async () => {
  const big = Array.from({ length: 400 }, (_, index) => `${index}:${'x'.repeat(5_000)} `);
  server.provider.script({ text: big });
  const { body } = await one.post('/chat/stream', { content: 'Write much', max_tokens: 1_000_000 });
  const path = `/chat/stream/${body.stream_id}`;
  const { port, hostname } = new URL(server.url);
  const slow = connect(Number(port), hostname);
  slow.pause();
  slow.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${one.token}\r\n\r\n`);
  const events = await (await read(path)).all();
  expect(textOf(events)).toBe(big.join(''));
  slow.destroy();
});

test('a reader that leaves does not stop the answer', async () => {
  server.provider.script({ text: deltas, paceMs: 2 });
  const { path } = await start('Hi');
  const stream = await read(path);
  await stream.event(3);
  stream.leave();
  expect((await server.provider.closed(0)).finished).toBe(true);
  await expect.poll(async () => (await turnOf(path)).status).toBe('done');
  expect((await turnOf(path)).response).toBe(whole);
});

test('stopping ends it at the provider within a second, and keeps what was written', async () => {
  server.provider.script({ fault: 'endless', text: ['word '], paceMs: 5 });
  const before = await unitsUsed(one);
  const { path } = await start('Never stop');
  const stream = await read(path);
  await stream.event(5);
  const asked = performance.now();
  expect((await one.delete(path)).status).toBe(204);
  expect((await server.provider.closed(0)).closedAt! - asked).toBeLessThan(1_000);
  const events = await stream.all();
  const text = textOf(events);
  expect(text).toMatch(/^(word )+$/);
  expect(events.at(-1)!.data).toMatchObject({ type: 'END', full_content: text, finish_reason: 'stopped' });
  expect(await turnOf(path)).toMatchObject({ status: 'stopped', response: text });
  expect(await unitsUsed(one)).toBe(before + 1);
  // Stopping what has ended changes nothing.
  expect((await one.delete(path)).status).toBe(204);
  expect((await (await read(path)).all()).at(-1)!.data).toMatchObject({ type: 'END', finish_reason: 'stopped' });
});

test('a stop before the first word is spent once the provider has taken the request', async () => {
  server.provider.script({ hold: true });
  const before = await unitsUsed(one);
  const { path } = await start('Hi');
  await server.provider.request(0);
  // The headers have to arrive: only then it has been taken.
  await new Promise((resolve) => setTimeout(resolve, 100));
  await one.delete(path);
  expect((await (await read(path)).all()).map(({ data }) => data.type)).toEqual(['START', 'END']);
  expect(await turnOf(path)).toMatchObject({ status: 'stopped', chat_reply: null, response: null });
  expect(await unitsUsed(one)).toBe(before + 1);
});

test('a stop that comes before the provider has taken anything gives the unit back', async () => {
  server.provider.script({ fault: 'silent' });
  const before = await unitsUsed(one);
  const { path } = await start('Hi');
  await server.provider.request(0);
  await one.delete(path);
  expect((await turnOf(path)).status).toBe('stopped');
  expect(await unitsUsed(one)).toBe(before);
});

test('a finished stream can be read for a while, then it is unknown', async () => {
  const { path } = await start('Hi');
  const first = await (await read(path)).all();
  now += 59_000;
  const replay = await (await read(path)).all();
  expect(textOf(replay)).toBe(textOf(first));
  expect(replay.at(-1)).toEqual(first.at(-1));
  now += 2_000;
  const expired = await one.get(path);
  const unknown = await one.get(`/chat/stream/${'A'.repeat(22)}`);
  expect(expired.status).toBe(404);
  expect({ ...expired.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
  expect((await one.delete(path)).status).toBe(404);
});

test("another user's stream is as unknown as none, running or ended", async () => {
  server.provider.script({ hold: true });
  const { path } = await start('Hi');
  await server.provider.request(0);
  for (const wait of [async () => undefined, async () => server.provider.release()]) {
    await wait();
    for (const answer of [await other.get(path), await other.delete(path)]) {
      expect(answer.status).toBe(404);
      const { status, body } = await other.get('/chat/stream/nothing');
      expect([status, { ...body, instance: '' }]).toEqual([404, { ...answer.body, instance: '' }]);
    }
    expect((await (await read(path)).event(0))!.data.type).toBe('START');
  }
  expect((await (await read(path)).all()).at(-1)!.data.type).toBe('END');
});

test('a stream with a wrong id or without a login is refused', async () => {
  for (const id of ['%00', '../chat', 'a'.repeat(65), '%F0%9F%98%80', '%ff']) {
    expect([404, 400]).toContain((await one.get(`/chat/stream/${id}`)).status);
  }
  const { path } = await start('Hi');
  expect((await fetch(server.url + path)).status).toBe(401);
  expect((await fetch(`${server.url + path}?token=${one.token}`)).status).toBe(401);
});
