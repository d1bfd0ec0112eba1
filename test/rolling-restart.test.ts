/** What becomes of streams and their readers while the instances are restarted one after the other (F14). */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { eventually, unitsUsed } from './chat-server.ts';
import { clientOf, joinAs, type Client } from './client.ts';
import { openStream, textOf } from './read-stream.ts';
import { hasRedis, startRedis, type RedisServer } from './redis.ts';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts';
import { freshPlace } from './server.ts';
import { startProcess, type ServerProcess } from './server-process.ts';

// Each starts a process, and waits for another to drain.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describe.runIf(hasRedis && inject('database') === 'postgres')('while an instance is restarted', () => {
  let provider: ScriptedProvider;
  let place: Awaited<ReturnType<typeof freshPlace>>;
  let redis: RedisServer;
  let staying: ServerProcess;
  let there: Client;
  let stayingUrl: string;

  async function launch(drainMs = 1_000): Promise<{ instance: ServerProcess; url: string }> {
    const settings = {
      REDIS_URL: redis.url,
      OPENAI_BASE_URL: provider.url,
      DEFAULT_MODEL: 'gpt-4o-mini',
      DAILY_REQUEST_LIMIT: '50',
      DRAIN_TIMEOUT_MS: String(drainMs),
      AUTO_TITLES: 'off',
      LOG_LEVEL: 'silent',
    };
    const instance = await startProcess(settings, place);
    return { instance, url: (await instance.ready).replace('localhost', '127.0.0.1') };
  }

  beforeAll(async () => {
    provider = await startScriptedProvider();
    place = await freshPlace();
    redis = await startRedis();
    ({ instance: staying, url: stayingUrl } = await launch());
    await joinAs(stayingUrl, 'administrator');
    there = await joinAs(stayingUrl, 'member');
  });
  afterAll(async () => {
    await staying.stop('SIGKILL');
    await redis.stop();
    await provider.close();
    rmSync(place.dataDir, { recursive: true, force: true });
  });

  test('an answer that takes too long keeps its text at every reader, and is asked for again for no unit', async () => {
    const { instance, url } = await launch();
    const here = clientOf(url, there.token);
    const before = await unitsUsed(there);
    provider.script({ fault: 'endless', text: ['말 '], paceMs: 20 });
    const { body } = await here.post('/chat/stream', { content: 'too long' });
    const path = `/chat/stream/${body.stream_id}`;
    const readers = [await openStream(here, url, path), await openStream(there, stayingUrl, path)];
    await Promise.all(readers.map((reader) => reader.event(3)));
    expect(await Promise.all([instance.stop(), ...readers.map((reader) => reader.all())])).toMatchObject([0, {}, {}]);
    const ends = readers.map(({ events }) => events.at(-1)!.data);
    expect(ends).toMatchObject(readers.map(() => ({ type: 'ERROR', error: { code: 'shutting_down' } })));
    const [own, foreign] = readers.map(({ events }) => textOf(events));
    expect(foreign).toBe(own);
    const [turn] = (await there.get('/chat?q=too long')).body.results;
    expect([turn.status, turn.response]).toEqual(['interrupted', own]);
    expect(await unitsUsed(there)).toBe(before + 1);
    const again = `/sessions/${turn.session_id}/prompts/${turn.id}/regenerate`;
    expect((await there.post(again)).status).toBe(201);
    expect(await unitsUsed(there)).toBe(before + 1);
    expect((await there.post(again)).status).toBe(201);
    expect(await unitsUsed(there)).toBe(before + 2);
  });

  test('an answer of another instance is read to its end where it ends in time', async () => {
    const { instance, url } = await launch(20_000);
    const here = clientOf(url, there.token);
    provider.script({ text: ['처음 ', '끝'], hold: true });
    const asked = provider.requests.length;
    const { body } = await there.post('/chat/stream', { content: 'read to the end' });
    await provider.request(asked);
    const path = `/chat/stream/${body.stream_id}`;
    const reader = await openStream(here, url, path);
    await reader.event(0);
    const stopped = instance.stop();
    // Whoever comes now is sent to where it goes on, or the readers would never end.
    await eventually(async () => {
      const late = await openStream(here, url, path);
      late.leave();
      return late.status === 503 || undefined;
    });
    provider.release();
    expect((await reader.all()).at(-1)!.data).toMatchObject({ type: 'END', full_content: '처음 끝' });
    expect(await stopped).toBe(0);
  });

  test('its readers go on at another one from where they were, and miss nothing', async () => {
    const { instance, url } = await launch();
    const here = clientOf(url, there.token);
    const words = ['처음 ', ...Array.from({ length: 20 }, (_, index) => `${index} 한글🙂 `)];
    provider.script({ text: words, paceMs: 20, hold: true });
    const asked = provider.requests.length;
    const { body } = await there.post('/chat/stream', { content: 'read on' });
    await provider.request(asked);
    const path = `/chat/stream/${body.stream_id}`;
    const reader = await openStream(here, url, path);
    expect((await reader.event(0))!.data.type).toBe('START');
    expect(await instance.stop()).toBe(0);
    // Nothing tells it that the answer is over, so it comes again, as an EventSource does.
    const heard = await reader.all();
    expect(heard.map(({ data }) => data.type)).not.toContain('END');
    const resumed = await openStream(there, stayingUrl, path, heard.at(-1)!.id);
    provider.release();
    const rest = await resumed.all();
    expect(textOf(heard) + textOf(rest)).toBe(words.join(''));
    expect(rest.at(-1)!.data).toMatchObject({ type: 'END', full_content: words.join('') });
  });
});
