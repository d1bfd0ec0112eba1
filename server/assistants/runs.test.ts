import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { joinAs, type Client } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;
let openai: OpenAI;
let plain: Client;
let assistantId: string;
/** Milliseconds that the server's clock is ahead. */
let ahead = 0;

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
];
const seen = new Set<string>();
const statuses = new Set<string>();

beforeAll(async () => {
  house = await startGateway({ clock: () => Date.now() + ahead });
  ({ openai, plain } = await house.key());
  ({ id: assistantId } = await openai.beta.assistants.create({
    model: 'gpt-4o-mini',
    instructions: 'Be kind.',
    tools,
  }));
});
afterAll(() => house.close());
beforeEach(() => {
  ahead = 0;
  house.provider.reset();
});

const ask = (content: string) => openai.beta.threads.create({ messages: [{ role: 'user', content }] });
const asked = (index = 0) => house.provider.requests[index]!.body as Record<string, unknown>;
const poll = { pollIntervalMs: 20 };

type Events = AsyncIterable<{ event: string; data: unknown }>;

/** The names of all events in their order, each of a run only once. */
async function follow(stream: Events): Promise<string[]> {
  const names: string[] = [];
  for await (const { event } of stream) {
    seen.add(event);
    if (names.at(-1) !== event) names.push(event);
  }
  return names;
}

async function lastLedger() {
  return (await house.ledger()).at(-1)!;
}

describe('a run', () => {
  test('answers in the thread, with its step, its usage and one unit', async () => {
    house.provider.script({ text: 'Hello there.', usage: { prompt: 20, completion: 4 } });
    const thread = await ask('Hi');
    const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
    statuses.add(run.status);
    expect(Object.keys(run)).toHaveLength(27);
    expect(run).toMatchObject({
      status: 'completed',
      model: 'gpt-4o-mini',
      instructions: 'Be kind.',
      usage: { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 },
      expires_at: null,
      required_action: null,
      truncation_strategy: { type: 'auto', last_messages: null },
      tool_choice: 'auto',
      parallel_tool_calls: true,
    });
    expect(asked().messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(asked()).toMatchObject({ model: 'gpt-4o-mini', stream: true, tools, tool_choice: 'auto' });
    const { data } = await openai.beta.threads.messages.list(thread.id, { run_id: run.id });
    expect(data).toMatchObject([
      {
        role: 'assistant',
        status: 'completed',
        assistant_id: assistantId,
        run_id: run.id,
        content: [{ type: 'text', text: { value: 'Hello there.', annotations: [] } }],
      },
    ]);
    const steps = await openai.beta.threads.runs.steps.list(run.id, { thread_id: thread.id });
    expect(Object.keys(steps.data[0]!)).toHaveLength(16);
    expect(steps.data).toMatchObject([
      {
        type: 'message_creation',
        status: 'completed',
        step_details: { message_creation: { message_id: data[0]!.id } },
        usage: { total_tokens: 24 },
      },
    ]);
    const place = { thread_id: thread.id, run_id: run.id };
    expect(await openai.beta.threads.runs.steps.retrieve(steps.data[0]!.id, place)).toEqual(steps.data[0]);
    expect(await lastLedger()).toMatchObject({
      state: 'settled',
      endpoint: 'threads/runs',
      units: 1,
      prompt_tokens: 20,
      completion_tokens: 4,
      bot: assistantId,
    });
    const session = (await house.owner.get('/sessions?mine=true')).body.results[0];
    expect((await house.owner.get(`/sessions/${session.id}`)).body).toMatchObject({
      bot: assistantId,
      prompts: [{ content: 'Hi', status: 'done', replies: [{ content: 'Hello there.' }] }],
    });
  });

  test('is told event by event, from the thread to the end', async () => {
    house.provider.script({ text: ['One ', 'two'] });
    const stream = await openai.beta.threads.createAndRun({
      assistant_id: assistantId,
      thread: { messages: [{ role: 'user', content: 'Count' }] },
      stream: true,
    });
    expect(await follow(stream)).toEqual([
      'thread.created',
      'thread.run.created',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.message.created',
      'thread.message.in_progress',
      'thread.message.delta',
      'thread.message.completed',
      'thread.run.step.completed',
      'thread.run.completed',
    ]);
    const thread = await ask('Count');
    const raw = await plain.post(
      `/v1/threads/${thread.id}/runs`,
      { assistant_id: assistantId, stream: true },
      { 'openai-beta': 'assistants=v2' },
    );
    expect(raw.body).toMatch(/event: done\ndata: \[DONE\]\n\n$/);
    seen.add('done');
  });

  test('is put together again by the official client’s helpers', async () => {
    house.provider.script({ text: ['Sea ', 'and ', 'sky'] });
    const thread = await ask('What is blue?');
    const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistantId });
    let text = '';
    stream.on('textDelta', ({ value }) => (text += value));
    expect(await stream.finalRun()).toMatchObject({ status: 'completed' });
    expect(text).toBe('Sea and sky');
    expect((await stream.finalMessages())[0]?.content).toMatchObject([{ text: { value: 'Sea and sky' } }]);
    expect(await stream.finalRunSteps()).toHaveLength(1);
  });

  test('takes overrides, more messages, a schema, and goes on with the conversation', async () => {
    const thread = await ask('First');
    await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
    const schema = { type: 'json_schema' as const, json_schema: { name: 'answer', schema: { type: 'object' } } };
    const run = await openai.beta.threads.runs.createAndPoll(
      thread.id,
      {
        assistant_id: assistantId,
        model: 'gpt-5-mini',
        instructions: 'Be stern.',
        additional_instructions: 'And brief.',
        additional_messages: [{ role: 'user', content: 'Second' }],
        tools: [],
        temperature: 0.1,
        max_completion_tokens: 300,
        response_format: schema,
        metadata: { a: 'b' },
      },
      poll,
    );
    expect(run).toMatchObject({ status: 'completed', model: 'gpt-5-mini', metadata: { a: 'b' }, tools: [] });
    expect(asked(1)).toMatchObject({
      model: 'gpt-5-mini',
      max_completion_tokens: 300,
      response_format: schema,
      messages: [
        { role: 'system', content: 'Be stern.\nAnd brief.' },
        { role: 'user', content: 'First' },
        { role: 'assistant', content: 'Scripted answer to: First' },
        { role: 'user', content: 'Second' },
      ],
    });
    expect(asked(1)).not.toHaveProperty('tools');
    expect(asked(1)).not.toHaveProperty('temperature');
    const changed = await openai.beta.threads.runs.update(run.id, { thread_id: thread.id, metadata: { a: 'c' } });
    expect(changed.metadata).toEqual({ a: 'c' });
    const runs = [];
    for await (const { id } of openai.beta.threads.runs.list(thread.id, { limit: 1 })) runs.push(id);
    expect(runs).toHaveLength(2);
    expect(runs[0]).toBe(run.id);
  });

  test('sees the newest messages only, where it is told so', async () => {
    const messages = ['one', 'two', 'three'].map((content) => ({ role: 'user' as const, content }));
    const thread = await openai.beta.threads.create({ messages });
    const truncation = { type: 'last_messages' as const, last_messages: 2 };
    await openai.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: assistantId, truncation_strategy: truncation },
      poll,
    );
    expect(asked().messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'two' },
      { role: 'user', content: 'three' },
    ]);
  });

  test('is incomplete where its answer or its prompt is too long', async () => {
    house.provider.script({ text: 'Cut off', finishReason: 'length' });
    const stream = await openai.beta.threads.createAndRun({
      assistant_id: assistantId,
      thread: { messages: [{ role: 'user', content: 'Long' }] },
      stream: true,
    });
    const names = await follow(stream);
    expect(names).toEqual(expect.arrayContaining(['thread.message.incomplete', 'thread.run.incomplete']));
    const thread = await ask('word '.repeat(1_000));
    const run = await openai.beta.threads.runs.createAndPoll(
      thread.id,
      { assistant_id: assistantId, max_prompt_tokens: 256 },
      poll,
    );
    statuses.add(run.status);
    expect(run).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_prompt_tokens' } });
    expect(await lastLedger()).toMatchObject({ state: 'refunded' });
  });

  test('is the only one of its thread, which takes no messages meanwhile', async () => {
    house.provider.script({ hold: true });
    const thread = await ask('Wait');
    const run = await openai.beta.threads.runs.create(thread.id, { assistant_id: assistantId });
    await house.provider.request(0);
    statuses.add(run.status);
    await expect(openai.beta.threads.runs.create(thread.id, { assistant_id: assistantId })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(`already has an active run ${run.id}`),
    });
    await expect(
      openai.beta.threads.messages.create(thread.id, { role: 'user', content: 'More' }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('while a run') });
    statuses.add((await openai.beta.threads.runs.retrieve(run.id, { thread_id: thread.id })).status);
    house.provider.release();
    const ended = await openai.beta.threads.runs.poll(run.id, { thread_id: thread.id }, poll);
    expect(ended.status).toBe('completed');
  });

  test('is cancelled while it writes: the provider is hung up on, and what came stays', async () => {
    house.provider.script({ fault: 'endless', text: ['more '], paceMs: 10 });
    const thread = await ask('Talk');
    const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistantId });
    const names: string[] = [];
    stream.on('event', ({ event }) => {
      seen.add(event);
      names.push(event);
    });
    await new Promise((resolve) => stream.once('textDelta', resolve));
    const place = { thread_id: thread.id };
    const cancelling = await openai.beta.threads.runs.cancel(stream.currentRun()!.id, place);
    statuses.add(cancelling.status);
    expect(cancelling.status).toBe('cancelling');
    await stream.done();
    expect(names.slice(-4)).toEqual([
      'thread.run.cancelling',
      'thread.message.incomplete',
      'thread.run.step.cancelled',
      'thread.run.cancelled',
    ]);
    await house.provider.closed(0);
    const { data } = await openai.beta.threads.messages.list(thread.id);
    expect(data[0]).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'run_cancelled' } });
    expect(data[0]!.content[0]).toMatchObject({ text: { value: expect.stringContaining('more') } });
    const run = await openai.beta.threads.runs.retrieve(cancelling.id, place);
    statuses.add(run.status);
    expect(run).toMatchObject({ status: 'cancelled', cancelled_at: expect.any(Number) });
    await expect(openai.beta.threads.runs.cancel(run.id, place)).rejects.toMatchObject({ status: 400 });
    expect(await lastLedger()).toMatchObject({ state: 'settled', units: 1 });
  });

  test('fails with what the provider said, and without a word gives its unit back', async () => {
    house.provider.script({ status: 400 });
    const stream = await openai.beta.threads.createAndRun({
      assistant_id: assistantId,
      thread: { messages: [{ role: 'user', content: 'Refused' }] },
      stream: true,
    });
    expect((await follow(stream)).at(-1)).toBe('thread.run.failed');
    expect(await lastLedger()).toMatchObject({ state: 'refunded', units: 1 });
    house.provider.script({ text: ['half ', 'an answer'], fault: 'error-event' });
    const thread = await ask('Broken');
    const cut = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistantId });
    cut.on('event', ({ event }) => seen.add(event));
    const run = await cut.finalRun();
    statuses.add(run.status);
    expect(run).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
    const steps = await openai.beta.threads.runs.steps.list(run.id, { thread_id: thread.id });
    expect(steps.data[0]).toMatchObject({ status: 'failed', last_error: { code: 'server_error' } });
  });

  test('goes on without its client, and tells one whose thread was deleted that it is gone', async () => {
    house.provider.script({ text: ['a ', 'b ', 'c'], paceMs: 50 });
    const thread = await ask('Leave');
    const stream = await openai.beta.threads.runs.create(thread.id, { assistant_id: assistantId, stream: true });
    for await (const { event } of stream) if (event === 'thread.message.delta') break;
    stream.controller.abort();
    const [run] = (await openai.beta.threads.runs.list(thread.id)).data;
    const ended = await openai.beta.threads.runs.poll(run!.id, { thread_id: thread.id }, poll);
    expect(ended.status).toBe('completed');

    house.provider.script({ fault: 'endless', text: ['more '], paceMs: 10 });
    const gone = await ask('Vanish');
    const followed = await openai.beta.threads.runs.create(gone.id, { assistant_id: assistantId, stream: true });
    const reading = (async () => {
      for await (const { event } of followed) {
        if (event === 'thread.message.created') await openai.beta.threads.delete(gone.id);
      }
    })();
    await expect(reading).rejects.toThrow(/deleted/);
    seen.add('error');
    expect(await lastLedger()).toMatchObject({ state: 'settled' });
  });
});

describe('tools', () => {
  const called = [
    { id: 'call_a', name: 'weather', arguments: '{"city":"Seoul"}' },
    { id: 'call_b', name: 'weather', arguments: '{"city":"Busan"}' },
  ];
  const outputs = [
    { tool_call_id: 'call_a', output: 'sun' },
    { tool_call_id: 'call_b', output: 'rain' },
  ];

  test('are called side by side, waited for, and their outputs answered by a stream', async () => {
    house.provider.script({ text: 'Let me look. ', toolCalls: called }, { text: 'Sun and rain.' });
    const thread = await ask('Weather?');
    const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistantId });
    const names: string[] = [];
    stream.on('event', ({ event }) => {
      seen.add(event);
      if (names.at(-1) !== event) names.push(event);
    });
    const run = await stream.finalRun();
    statuses.add(run.status);
    expect(names.slice(-5)).toEqual([
      'thread.run.step.completed',
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.run.step.delta',
      'thread.run.requires_action',
    ]);
    expect(run.required_action).toEqual({
      type: 'submit_tool_outputs',
      submit_tool_outputs: {
        tool_calls: called.map(({ id, name, arguments: args }) => ({
          id,
          type: 'function',
          function: { name, arguments: args },
        })),
      },
    });
    const place = { thread_id: thread.id };
    const half = { ...place, tool_outputs: outputs.slice(0, 1) };
    await expect(openai.beta.threads.runs.submitToolOutputs(run.id, half)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('call_b'),
    });
    const second = openai.beta.threads.runs.submitToolOutputsStream(run.id, { ...place, tool_outputs: outputs });
    expect(await second.finalRun()).toMatchObject({ status: 'completed', required_action: null });
    expect((asked(1).messages as object[]).slice(-4)).toEqual([
      { role: 'assistant', content: 'Let me look. ' },
      {
        role: 'assistant',
        content: null,
        tool_calls: called.map(({ id, name, arguments: args }) => ({
          id,
          type: 'function',
          function: { name, arguments: args },
        })),
      },
      { role: 'tool', tool_call_id: 'call_a', content: 'sun' },
      { role: 'tool', tool_call_id: 'call_b', content: 'rain' },
    ]);
    const steps = await openai.beta.threads.runs.steps.list(run.id, { ...place, order: 'asc' });
    expect(steps.data.map(({ type, status }) => [type, status])).toEqual([
      ['message_creation', 'completed'],
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ]);
    expect(steps.data[1]!.step_details).toMatchObject({
      tool_calls: [{ function: { output: 'sun' } }, { function: { output: 'rain' } }],
    });
    // However many steps it has, a run takes one unit.
    const units = (await house.ledger()).slice(-2).map((row) => row.units);
    expect(units).toEqual([1, 0]);
    await expect(
      openai.beta.threads.runs.submitToolOutputs(run.id, { ...place, tool_outputs: outputs }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('do not accept tool outputs') });
  });

  test('are forced once, and the run can be polled through', async () => {
    house.provider.script({ toolCalls: called.slice(0, 1) }, { text: 'Sunny.' });
    const thread = await ask('Weather?');
    const run = await openai.beta.threads.runs.createAndPoll(
      thread.id,
      {
        assistant_id: assistantId,
        tool_choice: { type: 'function', function: { name: 'weather' } },
        parallel_tool_calls: false,
      },
      poll,
    );
    expect(run.status).toBe('requires_action');
    expect(asked()).toMatchObject({
      tool_choice: { type: 'function', function: { name: 'weather' } },
      parallel_tool_calls: false,
    });
    const ended = await openai.beta.threads.runs.submitToolOutputsAndPoll(
      run.id,
      { thread_id: thread.id, tool_outputs: outputs.slice(0, 1) },
      poll,
    );
    expect(ended.status).toBe('completed');
    expect(asked(1).tool_choice).toBe('auto');
  });

  test('that nobody answers expire after ten minutes, and a cancelled run waits no more', async () => {
    house.provider.script({ toolCalls: called }, { toolCalls: called });
    const thread = await ask('Weather?');
    const place = { thread_id: thread.id };
    const first = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
    ahead = 599_000;
    expect((await openai.beta.threads.runs.retrieve(first.id, place)).status).toBe('requires_action');
    ahead = 600_500;
    const expired = await openai.beta.threads.runs.retrieve(first.id, place);
    statuses.add(expired.status);
    expect(expired).toMatchObject({ status: 'expired', required_action: null });
    const steps = await openai.beta.threads.runs.steps.list(first.id, place);
    expect(steps.data[0]).toMatchObject({ status: 'expired', expired_at: expect.any(Number) });
    await expect(
      openai.beta.threads.runs.submitToolOutputs(first.id, { ...place, tool_outputs: outputs }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('"expired"') });
    const second = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
    expect(second.status).toBe('requires_action');
    expect((await openai.beta.threads.runs.cancel(second.id, place)).status).toBe('cancelled');
  });
});

test('a run that takes ten minutes expires, with what it had written', async () => {
  house.provider.script({ fault: 'endless', text: ['more '], paceMs: 10 });
  const thread = await ask('Forever');
  const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistantId });
  const names: string[] = [];
  stream.on('event', ({ event }) => {
    seen.add(event);
    names.push(event);
  });
  stream.once('textDelta', () => {
    ahead = 601_000;
  });
  await stream.done();
  expect(names.slice(-3)).toEqual(['thread.message.incomplete', 'thread.run.step.expired', 'thread.run.expired']);
});

test('an Idempotency-Key starts one run, whatever is answered', async () => {
  const thread = await ask('Once');
  const path = `/v1/threads/${thread.id}/runs`;
  const headers = { 'openai-beta': 'assistants=v2', 'idempotency-key': 'run-1' };
  const first = await plain.post(path, { assistant_id: assistantId }, headers);
  const again = await plain.post(path, { assistant_id: assistantId }, headers);
  expect(again.body.id).toBe(first.body.id);
  expect((await plain.post(path, { assistant_id: assistantId, model: 'x' }, headers)).status).toBe(422);
  const both = { ...headers, 'idempotency-key': 'run-2' };
  const made = await plain.post('/v1/threads/runs', { assistant_id: assistantId }, both);
  expect((await plain.post('/v1/threads/runs', { assistant_id: assistantId }, both)).body.id).toBe(made.body.id);
});

test('a used-up day refuses a run before anything is stored, and says that no retry helps', async () => {
  const { openai: limited, plain: raw } = await house.key({ daily_requests: 1 });
  const thread = await limited.beta.threads.create({ messages: [{ role: 'user', content: 'Hi' }] });
  await limited.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
  const refused = await raw.post(
    `/v1/threads/${thread.id}/runs`,
    { assistant_id: assistantId },
    { 'openai-beta': 'assistants=v2' },
  );
  expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([429, 'false']);
  expect((await limited.beta.threads.runs.list(thread.id)).data).toHaveLength(1);
  const count = async () => (await house.owner.get('/sessions?mine=true')).body.count as number;
  const sessions = await count();
  const both = { assistant_id: assistantId, thread: { messages: [{ role: 'user' as const, content: 'Hi' }] } };
  await expect(limited.beta.threads.createAndRun(both)).rejects.toMatchObject({ status: 429 });
  expect(await count()).toBe(sessions);
});

test('an account that leaves takes its assistants, their bots and its runs along', async () => {
  const leaver = await joinAs(house.server.url, 'leaver');
  const { key } = (await leaver.post('/keys', { name: 'k' })).body;
  const own = openai.withOptions({ apiKey: key });
  const assistant = await own.beta.assistants.create({ model: 'gpt-4o-mini' });
  const both = { assistant_id: assistant.id, thread: { messages: [{ role: 'user' as const, content: 'Bye' }] } };
  await own.beta.threads.createAndRunPoll(both, poll);
  const { status } = await leaver.delete('/accounts/profile', { current_password: 'correct horse 7' });
  expect(status).toBe(204);
  const db = house.server.context.database.read;
  const bots = await db.selectFrom('bots').select('id').where('slug', '=', assistant.id).execute();
  const runs = await db.selectFrom('runs').select('id').where('assistant_id', '=', assistant.id).execute();
  expect([bots, runs]).toEqual([[], []]);
});

test('every status and every event has been reached', () => {
  expect([...statuses].sort()).toEqual(
    [
      'queued',
      'in_progress',
      'requires_action',
      'cancelling',
      'cancelled',
      'failed',
      'completed',
      'incomplete',
      'expired',
    ].sort(),
  );
  const ends = ['requires_action', 'completed', 'incomplete', 'failed', 'cancelling', 'cancelled', 'expired'];
  const run = ['created', 'queued', 'in_progress', ...ends].map((name) => `thread.run.${name}`);
  const step = ['created', 'in_progress', 'delta', 'completed', 'failed', 'cancelled', 'expired'];
  const message = ['created', 'in_progress', 'delta', 'completed', 'incomplete'];
  const all = [
    'thread.created',
    ...run,
    ...step.map((name) => `thread.run.step.${name}`),
    ...message.map((name) => `thread.message.${name}`),
    'error',
    'done',
  ];
  expect(all).toHaveLength(25);
  expect([...seen].sort()).toEqual(all.sort());
});
