import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startScriptedProvider } from './scripted-provider.ts';
import type { ScriptedProvider } from './scripted-provider.ts';

let scripted: ScriptedProvider;

beforeAll(async () => {
  scripted = await startScriptedProvider();
});
afterEach(() => scripted.reset());
afterAll(() => scripted.close());

const complete = (content: string, rest: object = {}, url = scripted.url) =>
  fetch(`${url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }], ...rest }),
  });

test('a completion comes whole or as a stream, with its usage where it was asked for', async () => {
  const whole = (await (await complete('Hi')).json()) as { choices: object[]; usage: object };
  expect(whole.choices).toMatchObject([{ message: { content: 'Scripted answer to: Hi' }, finish_reason: 'stop' }]);
  expect(whole.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 });
  const bare = await (await complete('Hi', { stream: true })).text();
  expect(bare).not.toContain('usage');
  expect(bare.endsWith('data: [DONE]\n\n')).toBe(true);
  const counted = await (await complete('Hi', { stream: true, stream_options: { include_usage: true } })).text();
  expect(counted).toContain('"choices":[],"usage":{"prompt_tokens":10');
});

test('a directive in the message or in the model decides about one request', async () => {
  const busy = await complete('Please [[status:429 retry-after=3]]');
  expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '3']);
  expect((await complete('Hi', { model: 'gpt-4o[[status:503]]' })).status).toBe(503);
  expect(await (await complete('[[words:3]][[finish:length]]')).text()).toMatch(/word0 word1 word2.*"length"/);
  expect((await complete('Hi')).status).toBe(200);
});

test('scripted behaviours come before directives, one request each', async () => {
  scripted.script({ status: 500 }, { text: 'second' });
  expect((await complete('[[status:404]]')).status).toBe(500);
  expect(await (await complete('[[status:404]]')).text()).toContain('second');
  expect((await complete('[[status:404]]')).status).toBe(404);
});

test('requests are recorded with the time of their end', async () => {
  scripted.script({ hold: true });
  const answer = await complete('Hi', { stream: true });
  const record = await scripted.request(0);
  expect(record).toMatchObject({ method: 'POST', path: '/v1/chat/completions', body: { model: 'gpt-4o-mini' } });
  expect(record.closedAt).toBeUndefined();
  scripted.release();
  await answer.text();
  expect((await scripted.closed(0)).finished).toBe(true);
  expect(scripted.counts).toEqual({ '/v1/chat/completions': 1 });
});

test('another process is a provider as well, and can be told what to do', async () => {
  const child = spawn(process.execPath, [new URL('./scripted-provider/main.ts', import.meta.url).pathname]);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const { url } = JSON.parse(String(line)) as { url: string };
  const control = url.replace('/v1', '/control');
  await fetch(`${control}/script`, { method: 'POST', body: JSON.stringify([{ status: 418, body: 'tea' }]) });
  expect((await complete('Hi', {}, url)).status).toBe(418);
  const told = (await (await fetch(`${control}/requests`)).json()) as { requests: object[] };
  expect(told.requests).toHaveLength(1);
  child.kill();
  await once(child, 'exit');
});

test('the instant provider answers both ways', async () => {
  const instant = await startScriptedProvider({ instant: true });
  expect(await (await complete('Hi', {}, instant.url)).json()).toMatchObject({ object: 'chat.completion' });
  expect(await (await complete('Hi', { stream: true }, instant.url)).text()).toContain('data: [DONE]');
  await instant.close();
});
