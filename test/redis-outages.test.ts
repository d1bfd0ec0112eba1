/**
 * What Redis may lose may not matter: each feature that it helps, with a Redis that is away, answers nothing, was
 * emptied, takes nothing more, or forgets what it was told (spec of faults, F18).
 */
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { connectRedis, redisAnswers, type Redis } from '#server/redis/connect-redis.ts';
import { eventually, startChatServer, unitsUsed, type ChatServer } from './chat-server.ts';
import { clientOf, send, type Client } from './client.ts';
import { freePort } from './postgres.ts';
import { openStream, textOf } from './read-stream.ts';
import { hasRedis, startRedis, type RedisServer } from './redis.ts';
import { freshPlace, startServer, type TestServer } from './server.ts';

const FAILURES = 4;

describe.runIf(hasRedis && inject('database') === 'postgres')('two servers with a Redis', () => {
  let port: number;
  let redis: RedisServer;
  let control: Redis;
  let first: ChatServer;
  let second: TestServer;
  let here: Client;
  let there: Client;

  beforeAll(async () => {
    port = await freePort();
    redis = await startRedis(port);
    control = await connectRedis(redis.url, pino({ level: 'silent' }));
    const on = await freshPlace();
    const env = {
      REDIS_URL: redis.url,
      DAILY_REQUEST_LIMIT: '5',
      LOGIN_FAILURES_PER_ACCOUNT: String(FAILURES),
      DEFAULT_MODEL: 'gpt-4o-mini',
    };
    first = await startChatServer({ on, env });
    second = await startServer({ on, env: { ...env, OPENAI_BASE_URL: first.provider.url } });
  }, 60_000);
  beforeEach(async () => {
    first.provider.reset();
    here = await first.join();
    there = clientOf(second.url, here.token);
  });
  afterAll(async () => {
    await second.close();
    await first.close();
    control.destroy();
    await redis.stop();
  });

  const isHealthy = async () => {
    const answers = await Promise.all([first, second].map(({ url }) => send(`${url}/health`, 'GET')));
    return answers.every(({ body }) => body.redis === 'connected') ? true : undefined;
  };

  async function failLogins(url: string, email: string, times: number): Promise<number> {
    let admitted = 0;
    for (let tried = 0; tried < times; tried += 1) {
      const { status } = await send(`${url}/accounts/login`, 'POST', { email, password: 'wrong' });
      if (status === 401) admitted += 1;
    }
    return admitted;
  }

  async function start(client: Client, content: string): Promise<string> {
    const { body } = await client.post('/chat/stream', { content });
    return `/chat/stream/${body.stream_id}`;
  }

  test('failed logins count on both together', async () => {
    const email = 'shared@example.com';
    const admitted = (await failLogins(first.url, email, 3)) + (await failLogins(second.url, email, 3));
    expect(admitted).toBe(FAILURES);
  });

  test('an answer that one writes comes word by word at the other', async () => {
    const words = Array.from({ length: 30 }, (_, index) => `${index} 한글🙂 `);
    first.provider.script({ text: words, paceMs: 40 });
    const path = await start(here, 'words');
    const foreign = await openStream(there, second.url, path);
    const own = await openStream(here, first.url, path);
    const [there_, here_] = await Promise.all([foreign.all(), own.all()]);
    expect(textOf(there_)).toBe(words.join(''));
    expect(there_.at(-1)).toEqual(here_.at(-1));
    // Without Redis it would come in the two or three pieces that are stored.
    expect(there_.length).toBeGreaterThan(15);
  });

  const states = [
    ['away', () => redis.stop(), async () => void (redis = await startRedis(port))],
    ['silent', async () => redis.signal('SIGSTOP'), async () => redis.signal('SIGCONT')],
    ['emptied', () => control.flushAll(), async () => {}],
    [
      'full',
      () => control.configSet({ maxmemory: '1mb', 'maxmemory-policy': 'noeviction' }),
      () => control.configSet('maxmemory', '0'),
    ],
    [
      'forgetful',
      () => control.configSet({ maxmemory: '1mb', 'maxmemory-policy': 'allkeys-random' }),
      () => control.configSet('maxmemory', '0'),
    ],
  ] as const;

  describe.each(states)('that is %s', (state, lose, repair) => {
    beforeAll(async () => {
      await eventually(isHealthy);
      await lose();
    });
    afterAll(async () => {
      await repair();
      await eventually(async () => ((await redisAnswers(control)) ? true : undefined));
    });

    test('say so, and go on', async () => {
      const gone = state === 'away' || state === 'silent';
      for (const { url } of [first, second]) {
        const { status, body } = await send(`${url}/health`, 'GET');
        const expected = gone ? ['degraded', 'disconnected'] : ['healthy', 'connected'];
        expect([status, body.status, body.redis]).toEqual([200, ...expected]);
        expect((await send(`${url}/health/ready`, 'GET')).status).toBe(200);
      }
    });

    test('take five units of a day, not six', async () => {
      const asked = await Promise.all(
        Array.from({ length: 12 }, (_, index) => [here, there][index % 2]!.post('/chat', { content: `${index}` })),
      );
      expect(asked.filter(({ status }) => status === 201)).toHaveLength(5);
      expect(await unitsUsed(there)).toBe(5);
    });

    test('ask once for one key', async () => {
      const key = { 'idempotency-key': `once-${state}` };
      const answers = await Promise.all(
        [here, there].map((client) => client.post('/chat/stream', { content: 'once' }, key)),
      );
      expect(new Set(answers.map(({ body }) => body.stream_id)).size).toBe(1);
      expect(await unitsUsed(here)).toBe(1);
    });

    test('know a login of the other, and its end at once', async () => {
      expect((await there.get('/accounts/profile')).status).toBe(200);
      await here.post('/accounts/logout');
      expect((await there.get('/accounts/profile')).status).toBe(401);
    });

    test('end a running stream within two seconds after the end of its login at the other', async () => {
      first.provider.script({ fault: 'endless', text: ['word '], paceMs: 20 });
      const path = await start(here, 'endless');
      const foreign = await openStream(there, second.url, path);
      await foreign.event(1);
      await here.delete('/accounts/profile', { current_password: 'correct horse 7' });
      // To prove the password takes a busy machine as long as what is measured.
      const ended = performance.now();
      await foreign.all();
      expect(performance.now() - ended).toBeLessThan(2_500);
    });

    test('let nobody guess passwords for ever', async () => {
      const email = `guess-${state}@example.com`;
      expect(await failLogins(first.url, email, 8)).toBeLessThanOrEqual(FAILURES);
      expect(await failLogins(second.url, email, 8)).toBeLessThanOrEqual(FAILURES);
    });

    test('read an answer of the other', async () => {
      const words = Array.from({ length: 20 }, (_, index) => `${index} `);
      first.provider.script({ text: words, paceMs: 60 });
      const foreign = await openStream(there, second.url, await start(here, 'read me'));
      const events = await foreign.all();
      expect(textOf(events)).toBe(words.join(''));
      expect(events.at(-1)!.data).toMatchObject({ type: 'END', full_content: words.join('') });
    });

    test('stop an answer of the other within two seconds', async () => {
      first.provider.script({ fault: 'endless', text: ['word '], paceMs: 20 });
      const path = await start(here, 'stop me');
      await first.provider.request(0);
      const asked = performance.now();
      expect((await there.delete(path)).status).toBe(204);
      expect((await first.provider.closed(0)).closedAt! - asked).toBeLessThan(2_000);
    });

    test('answer without the cache', async () => {
      const body = { model: 'gpt-4o-mini', temperature: 0, messages: [{ role: 'user', content: `cache ${state}` }] };
      for (const client of [here, there]) {
        expect((await client.post('/v1/chat/completions', body, { 'x-daesa-cache': 'on' })).status).toBe(200);
      }
    });
  });
});
