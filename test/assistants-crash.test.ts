import { rmSync } from 'node:fs';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { unitsUsed } from './chat-server.ts';
import { clientOf, joinAs } from './client.ts';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts';
import { startProcess, type ServerProcess } from './server-process.ts';
import { freshPlace } from './server.ts';
import { writeTo } from './write-to.ts';

// Every step starts a real process.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let provider: ScriptedProvider;
let place: Awaited<ReturnType<typeof freshPlace>>;
let server: ServerProcess;
let url: string;
let token = '';
let key = '';
let openai: OpenAI;

const poll = { pollIntervalMs: 20 };
const weather = { type: 'function' as const, function: { name: 'weather' } };

async function start(): Promise<void> {
  // Another instance would wait for the heartbeat of the dead one to be old.
  if (key && place.databaseUrl) await writeTo(place, 'update instances set heartbeat_at = 0');
  server = await startProcess({ OPENAI_BASE_URL: provider.url, DAILY_REQUEST_LIMIT: '1000' }, place);
  url = (await server.ready).replace('localhost', '127.0.0.1');
  if (!key) {
    await joinAs(url, 'administrator');
    const member = await joinAs(url, 'member');
    ({ token } = member);
    ({ key } = (await member.post('/keys', { name: 'test' })).body);
  }
  openai = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
}

async function restart(signal: NodeJS.Signals): Promise<void> {
  await server.stop(signal);
  await start();
}

beforeAll(async () => {
  provider = await startScriptedProvider();
  place = await freshPlace();
  await start();
});
afterAll(async () => {
  await server.stop('SIGKILL');
  await provider.close();
  rmSync(place.dataDir, { recursive: true, force: true });
});

const begin = (assistant: string, content: string) =>
  openai.beta.threads.createAndRun({
    assistant_id: assistant,
    thread: { messages: [{ role: 'user', content }] },
  });

test('kill -9 in every state loses nothing: what was under way has ended, what waits goes on waiting', async () => {
  provider.setDefault(({ question }) => {
    if (question === 'silent') return { fault: 'silent' };
    if (question === 'talk') return { fault: 'endless', text: ['more '], paceMs: 20 };
    if (question === 'tool') return { toolCalls: [{ name: 'weather', arguments: '{}' }] };
    return { text: 'Done.' };
  });
  const { id: assistant } = await openai.beta.assistants.create({ model: 'gpt-4o-mini', tools: [weather] });
  const done = await begin(assistant, 'plain');
  await openai.beta.threads.runs.poll(done.id, { thread_id: done.thread_id }, poll);
  const waiting = await begin(assistant, 'tool');
  const silent = await begin(assistant, 'silent');
  const talking = await begin(assistant, 'talk');
  const queued = await begin(assistant, 'silent');
  const cancelled = await begin(assistant, 'silent');
  const waits = await openai.beta.threads.runs.poll(waiting.id, { thread_id: waiting.thread_id }, poll);
  expect(waits.status).toBe('requires_action');
  const textOf = async () => {
    const { data } = await openai.beta.threads.messages.list(talking.thread_id, { run_id: talking.id });
    const [part] = data[0]?.content ?? [];
    return part?.type === 'text' ? part.text.value : '';
  };
  await expect.poll(textOf, { timeout: 10_000 }).toContain('more');
  const before = await textOf();
  const cancelling = await openai.beta.threads.runs.cancel(cancelled.id, { thread_id: cancelled.thread_id });
  expect(cancelling.status).toBe('cancelling');
  await server.stop('SIGKILL');
  // Nobody can kill a process in the millisecond before a run is taken up: its row is set back to it.
  await writeTo(place, `update runs set status = 'queued', started_at = null where public_id = '${queued.id}'`);
  await start();

  const read = ({ id, thread_id }: { id: string; thread_id: string }) =>
    openai.beta.threads.runs.retrieve(id, { thread_id });
  expect(await read(done)).toMatchObject({ status: 'completed' });
  for (const lost of [silent, queued]) {
    expect(await read(lost)).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
  }
  const { status, usage } = await read(talking);
  expect(status).toBe('failed');
  // What was asked counts as well as what was said.
  expect(usage!.prompt_tokens).toBeGreaterThan(0);
  expect(usage!.completion_tokens).toBeGreaterThan(0);
  expect(await read(cancelled)).toMatchObject({ status: 'cancelled' });
  const { data } = await openai.beta.threads.messages.list(talking.thread_id, { run_id: talking.id });
  expect(data[0]).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'run_failed' } });
  expect((await textOf()).startsWith(before)).toBe(true);
  const steps = await openai.beta.threads.runs.steps.list(talking.id, { thread_id: talking.thread_id });
  expect(steps.data[0]).toMatchObject({ status: 'failed' });

  // What waits is carried by nobody: the new process takes the outputs.
  expect(await read(waiting)).toMatchObject({ status: 'requires_action' });
  const [call] = (await read(waiting)).required_action!.submit_tool_outputs.tool_calls;
  provider.setDefault({ text: 'Sunny.' });
  const ended = await openai.beta.threads.runs.submitToolOutputsAndPoll(
    waiting.id,
    { thread_id: waiting.thread_id, tool_outputs: [{ tool_call_id: call!.id, output: 'sun' }] },
    poll,
  );
  expect(ended.status).toBe('completed');
  // Units of the three that never had a word went back; the one that was cancelled before it had one as well.
  await expect.poll(() => unitsUsed(clientOf(url, token))).toBe(3);
  // A thread whose run was lost takes another one.
  const again = await openai.beta.threads.runs.createAndPoll(silent.thread_id, { assistant_id: assistant }, poll);
  expect(again.status).toBe('completed');
});

test('a restart by signal waits for what ends soon', async () => {
  const { id: assistant } = await openai.beta.assistants.create({ model: 'gpt-4o-mini' });
  provider.setDefault({ text: ['short ', 'answer'], paceMs: 200 });
  const short = await begin(assistant, 'Hi');
  await restart('SIGTERM');
  const run = await openai.beta.threads.runs.retrieve(short.id, { thread_id: short.thread_id });
  expect(run.status).toBe('completed');
});
