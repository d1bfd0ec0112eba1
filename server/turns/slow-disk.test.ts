import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '#test/chat-server.ts';
import { joinAs, type Client } from '#test/client.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';

const CALLERS = 64;

// PostgreSQL flushes in its own process; how slow it is can't be set here.
describe.runIf(inject('database') === 'sqlite')('on a disk that takes 4 ms a flush', () => {
  let provider: ScriptedProvider;
  let server: TestServer;
  let member: Client;

  beforeAll(async () => {
    provider = await startScriptedProvider({ instant: true });
    const env = { OPENAI_BASE_URL: provider.url, DAILY_REQUEST_LIMIT: '300', MAX_CONCURRENT_GENERATIONS: '0' };
    server = await startServer({ env, flushDelayMs: 4 });
    await joinAs(server.url, 'administrator');
    member = await joinAs(server.url, 'member');
  });
  afterAll(async () => {
    await server.close();
    await provider.close();
  });

  test('64 callers at once all get their own answer, each stored once', async () => {
    const asked = Array.from({ length: CALLERS * 2 }, (_, index) => `question ${index}`);
    const answers: { id: number; content: string; session_id: number }[] = [];
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      for (let index = caller; index < asked.length; index += CALLERS) {
        const { status, body } = await member.post('/chat', { content: asked[index] });
        expect([status, body.content, body.status]).toEqual([201, asked[index], 'done']);
        answers.push(body);
        // What was acknowledged can be read at once.
        expect((await member.get(`/chat/${body.id}`)).body).toMatchObject({ content: asked[index], status: 'done' });
      }
    });
    await Promise.all(callers);
    expect(new Set(answers.map(({ id }) => id)).size).toBe(asked.length);
    expect(new Set(answers.map(({ session_id }) => session_id)).size).toBe(asked.length);
    const { quota } = (await member.get('/accounts/profile')).body;
    expect(quota.used).toBe(asked.length);
    expect((await member.get('/chat')).body.count).toBe(asked.length);
  });

  test('what is left of the units is given out once, however many ask at once', async () => {
    const { quota } = (await member.get('/accounts/profile')).body;
    const asking = Array.from({ length: quota.remaining + 36 }, () => member.post('/chat/stream', { content: 'x' }));
    const statuses = (await Promise.all(asking)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).toHaveLength(quota.remaining);
    expect(statuses.filter((status) => status === 429)).toHaveLength(36);
    await eventually(async () => {
      const { results } = (await member.get('/chat?per_page=100')).body;
      return results.every(({ status }: { status: string }) => status === 'done') ? true : undefined;
    });
  });
});
