import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { eventually, startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import { clientOf, type Client } from '#test/client.ts';
import { openStream, textOf } from '#test/read-stream.ts';
import { freshPlace, startServer, type TestServer } from '#test/server.ts';
import { startProcess } from '#test/server-process.ts';
import { writeTo } from '#test/write-to.ts';

// Only PostgreSQL is shared by several servers; SQLite belongs to one.
describe.runIf(inject('database') === 'postgres')('two servers on one database', () => {
  let first: ChatServer;
  let second: TestServer;
  let place: Awaited<ReturnType<typeof freshPlace>>;
  let here: Client;
  let there: Client;

  beforeAll(async () => {
    place = await freshPlace();
    const env = { DAILY_REQUEST_LIMIT: '5', MAX_CONCURRENT_GENERATIONS: '0' };
    first = await startChatServer({ on: place, env });
    const same = { ...env, OPENAI_BASE_URL: first.provider.url, DEFAULT_MODEL: 'gpt-4o-mini' };
    second = await startServer({ on: place, env: same });
  });
  beforeEach(async () => {
    first.provider.reset();
    here = await first.join();
    there = clientOf(second.url, here.token);
  });
  afterAll(async () => {
    await second.close();
    await first.close();
  });

  const start = async (client: Client, content: string) => {
    const { body } = await client.post('/chat/stream', { content });
    return `/chat/stream/${body.stream_id}`;
  };

  test('hundreds of requests that race over both pass exactly five times', { timeout: 60_000 }, async () => {
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, index) =>
        [here, there][index % 2]!.post(index % 4 < 2 ? '/chat' : '/chat/stream', { content: `race ${index}` }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 201 || status === 202);
    expect(accepted).toHaveLength(5);
    expect(answers.filter(({ status, body }) => status === 429 && body.code === 'quota_exhausted')).toHaveLength(395);
    await eventually(async () => (first.provider.counts['/v1/chat/completions'] === 5 ? true : undefined));
    expect(await unitsUsed(there)).toBe(5);
  });

  test('one key asks once, wherever it comes', async () => {
    const key = { 'idempotency-key': 'both' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        [here, there][index % 2]!.post('/chat/stream', { content: 'once' }, key),
      ),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.stream_id}`)).size).toBe(1);
    await eventually(async () => ((await here.get('/chat')).body.results[0].status === 'done' ? true : undefined));
    expect([first.provider.counts['/v1/chat/completions'], await unitsUsed(here)]).toEqual([1, 1]);
  });

  test('an answer that one writes can be followed and gone on with at the other', async () => {
    const words = Array.from({ length: 60 }, (_, index) => `${index} 한글 `);
    first.provider.script({ text: words, paceMs: 30 });
    const path = await start(here, 'follow me');
    const own = await openStream(here, first.url, path);
    const place = (await own.event(20))!.id;
    own.leave();
    const foreign = await openStream(there, second.url, path, place);
    const whole = await openStream(there, second.url, path);
    const [rest, all] = await Promise.all([foreign.all(), whole.all()]);
    expect(words.join('').slice(0, Number(place)) + textOf(rest)).toBe(words.join(''));
    expect(textOf(all)).toBe(words.join(''));
    expect([rest.at(-1), all[0]!.data.type]).toEqual([all.at(-1), 'START']);
    expect(all.at(-1)!.data).toMatchObject({ type: 'END', full_content: words.join(''), finish_reason: 'stop' });
  });

  test('an answer that one writes can be stopped at the other within two seconds', async () => {
    first.provider.script({ fault: 'endless', text: ['word '], paceMs: 20 });
    const path = await start(here, 'stop me');
    const reader = await openStream(here, first.url, path);
    await reader.event(3);
    const asked = performance.now();
    expect((await there.delete(path)).status).toBe(204);
    expect((await first.provider.closed(0)).closedAt! - asked).toBeLessThan(2_000);
    expect((await reader.all()).at(-1)!.data).toMatchObject({ type: 'END', finish_reason: 'stopped' });
    expect((await there.get('/chat')).body.results[0]).toMatchObject({
      status: 'stopped',
      response: expect.any(String),
    });
  });

  test('a turn that one writes can be deleted at the other', async () => {
    first.provider.script({ fault: 'endless', text: ['word '], paceMs: 20 });
    const waiting = here.post('/chat', { content: 'delete me' });
    await first.provider.request(0);
    const { id } = (await there.get('/chat')).body.results[0];
    expect((await there.delete(`/chat/${id}`)).status).toBe(204);
    await first.provider.closed(0);
    expect((await waiting).status).toBe(201);
    expect((await here.get('/chat')).body.count).toBe(0);
  });

  test('what a dead server was writing is ended by the other one', { timeout: 60_000 }, async () => {
    first.provider.script({ text: ['begun '], fault: 'stall', afterBytes: 700 }, { fault: 'silent' });
    const env = { OPENAI_BASE_URL: first.provider.url, DAILY_REQUEST_LIMIT: '5', MAX_CONCURRENT_GENERATIONS: '0' };
    const third = await startProcess(env, place);
    const doomed = clientOf((await third.ready).replace('localhost', '127.0.0.1'), here.token);
    const begun = await start(doomed, 'begun');
    // Saved a second after its first word: then another server can read it.
    const foreign = await openStream(here, first.url, begun);
    expect((await foreign.event(1))!.data).toEqual({ type: 'CHUNK', content: 'begun ' });
    await start(doomed, 'silent');
    await first.provider.request(1);
    expect(await unitsUsed(here)).toBe(2);
    await third.stop('SIGKILL');
    // The heartbeat would be old in fifteen seconds.
    await writeTo(
      place,
      'update instances set heartbeat_at = 0 where started_at = (select max(started_at) from instances)',
    );
    const statuses = await eventually(async () => {
      const { results } = (await there.get('/chat')).body;
      const found = results.map(({ status }: { status: string }) => status);
      return found.includes('running') ? undefined : found;
    }, 25_000);
    expect(statuses).toEqual(['failed', 'interrupted']);
    expect(await unitsUsed(there)).toBe(1);
    expect((await foreign.all()).at(-1)!.data).toMatchObject({ type: 'ERROR', error: { code: 'internal' } });
  });
});
