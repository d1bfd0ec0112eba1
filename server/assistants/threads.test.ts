import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;
let openai: OpenAI;
let plain: Client;
let other: OpenAI;

beforeAll(async () => {
  house = await startGateway();
  ({ openai, plain } = await house.key());
  const { key } = (await house.administrator.post('/keys', { name: 'other' })).body;
  other = openai.withOptions({ apiKey: key });
});
afterAll(() => house.close());

const beta = { 'openai-beta': 'assistants=v2' };
const missing = { status: 404, type: 'invalid_request_error' };

describe('assistants', () => {
  test('answer the documented defaults, change field by field, and go', async () => {
    const made = await openai.beta.assistants.create({ model: 'gpt-4o', name: 'Guide', description: 'Shows around' });
    expect(made).toEqual({
      id: expect.stringMatching(/^asst_\w{24}$/),
      object: 'assistant',
      created_at: expect.any(Number),
      name: 'Guide',
      description: 'Shows around',
      model: 'gpt-4o',
      instructions: null,
      tools: [],
      top_p: 1,
      temperature: 1,
      tool_resources: {},
      metadata: {},
      response_format: 'auto',
    });
    const changed = await openai.beta.assistants.update(made.id, {
      instructions: 'Be short.',
      temperature: 0,
      metadata: { team: 'a' },
    });
    expect(changed).toMatchObject({
      name: 'Guide',
      instructions: 'Be short.',
      temperature: 0,
      metadata: { team: 'a' },
    });
    expect(await openai.beta.assistants.retrieve(made.id)).toEqual(changed);
    expect(await openai.beta.assistants.delete(made.id)).toEqual({
      id: made.id,
      object: 'assistant.deleted',
      deleted: true,
    });
    await expect(openai.beta.assistants.retrieve(made.id)).rejects.toMatchObject(missing);
  });

  test('are their owner’s alone, and no bots of the server', async () => {
    const { id } = await openai.beta.assistants.create({ model: 'gpt-4o' });
    await expect(other.beta.assistants.retrieve(id)).rejects.toMatchObject(missing);
    await expect(other.beta.assistants.update(id, { name: 'Mine' })).rejects.toMatchObject(missing);
    await expect(other.beta.assistants.delete(id)).rejects.toMatchObject(missing);
    expect((await other.beta.assistants.list()).data).toEqual([]);
    expect((await house.owner.get(`/bots/${id}`)).status).toBe(404);
  });

  test('are listed page by page in both directions', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `page ${index}`);
    for (const name of names) await openai.beta.assistants.create({ model: 'gpt-4o', name });
    const listed: (string | null)[] = [];
    for await (const { name } of openai.beta.assistants.list({ limit: 3, order: 'asc' })) listed.push(name);
    expect(listed.slice(-7)).toEqual(names);
    const newest = await openai.beta.assistants.list({ limit: 3 });
    expect(newest.data.map(({ name }) => name)).toEqual(['page 6', 'page 5', 'page 4']);
    const next = await openai.beta.assistants.list({ limit: 3, after: newest.data[2]!.id });
    expect(next.data.map(({ name }) => name)).toEqual(['page 3', 'page 2', 'page 1']);
    const back = await openai.beta.assistants.list({ limit: 2, before: next.data[0]!.id });
    expect(back.data.map(({ name }) => name)).toEqual(['page 5', 'page 4']);
    const raw = (await plain.get('/v1/assistants?limit=1', beta)).body;
    expect(raw).toMatchObject({ object: 'list', first_id: raw.data[0].id, last_id: raw.data[0].id, has_more: true });
  });

  test('refuse wrong values with the name of the field, in OpenAI’s shape', async () => {
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']));
    const wrong: [object, string][] = [
      [{}, 'model'],
      [{ model: 'm', temperature: 3 }, 'temperature'],
      [{ model: 'm', metadata: many }, 'metadata'],
      [{ model: 'm', metadata: { ['k'.repeat(65)]: 'v' } }, 'metadata'],
      [{ model: 'm', metadata: { k: 'v'.repeat(513) } }, 'metadata.k'],
      [{ model: 'm', tools: [{ type: 'code_interpreter' }] }, 'tools'],
      [{ model: 'm', tool_resources: { file_search: { vector_store_ids: ['vs_none'] } } }, 'tool_resources'],
    ];
    for (const [body, param] of wrong) {
      const { status, body: answer } = await plain.post('/v1/assistants', body, beta);
      expect([status, answer.error.type]).toEqual([400, 'invalid_request_error']);
      expect(answer.error.param).toContain(param);
    }
    const refused = await plain.post('/v1/assistants', { model: 'm', tools: [{ type: 'code_interpreter' }] }, beta);
    expect(refused.body.error.message).toMatch(/no sandbox/);
    expect((await plain.get('/v1/assistants?limit=101', beta)).status).toBe(400);
  });

  test('are only there for clients that name version 2', async () => {
    for (const headers of [undefined, { 'openai-beta': 'assistants=v1' }]) {
      const { status, body } = await plain.get('/v1/assistants', headers);
      expect([status, body.error.message]).toEqual([400, expect.stringContaining('assistants=v2')]);
    }
  });
});

describe('threads', () => {
  test('are sessions of their owner, with their messages', async () => {
    const thread = await openai.beta.threads.create({
      messages: [
        { role: 'user', content: 'Where is the sea?' },
        { role: 'assistant', content: 'In the west.' },
        { role: 'assistant', content: 'And in the south.' },
      ],
      metadata: { trip: '1' },
    });
    expect(thread).toEqual({
      id: expect.stringMatching(/^thread_\w{24}$/),
      object: 'thread',
      created_at: expect.any(Number),
      metadata: { trip: '1' },
      tool_resources: {},
    });
    const { results } = (await house.owner.get('/sessions?mine=true')).body;
    expect(results[0]).toMatchObject({ title: 'Where is the sea?', visibility: 'private' });
    const session = (await house.owner.get(`/sessions/${results[0].id}`)).body;
    const texts = session.prompts.map((prompt: { content: string; replies: { content: string }[] }) => [
      prompt.content,
      ...prompt.replies.map((reply) => reply.content),
    ]);
    expect(texts).toEqual([
      ['Where is the sea?', 'In the west.'],
      ['', 'And in the south.'],
    ]);
    const messages = await openai.beta.threads.messages.list(thread.id, { order: 'asc' });
    expect(messages.data.map(({ role }) => role)).toEqual(['user', 'assistant', 'assistant']);
    expect(messages.data[0]).toEqual({
      id: expect.stringMatching(/^msg_\w{24}$/),
      object: 'thread.message',
      created_at: expect.any(Number),
      thread_id: thread.id,
      status: 'completed',
      incomplete_details: null,
      completed_at: expect.any(Number),
      incomplete_at: null,
      role: 'user',
      content: [{ type: 'text', text: { value: 'Where is the sea?', annotations: [] } }],
      assistant_id: null,
      run_id: null,
      attachments: [],
      metadata: {},
    });
    expect(await openai.beta.threads.update(thread.id, { metadata: { trip: '2' } })).toMatchObject({
      metadata: { trip: '2' },
    });
    expect(await openai.beta.threads.delete(thread.id)).toMatchObject({ object: 'thread.deleted', deleted: true });
    await expect(openai.beta.threads.retrieve(thread.id)).rejects.toMatchObject(missing);
    expect((await house.owner.get(`/sessions/${results[0].id}`)).status).toBe(404);
  });

  test('take, change and lose messages, and show what was written in the web app', async () => {
    const thread = await openai.beta.threads.create();
    const parts = [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url: 'https://example.com/a.png' } },
    ];
    const made = await openai.beta.threads.messages.create(thread.id, { role: 'user', content: parts });
    expect(made.content).toEqual([{ type: 'text', text: { value: 'What is this?', annotations: [] } }, parts[1]]);
    const session = (await house.owner.get('/sessions?mine=true')).body.results[0];
    await house.owner.post(`/sessions/${session.id}/prompts`, { content: 'From the app' });
    const { data } = await openai.beta.threads.messages.list(thread.id, { order: 'asc' });
    expect(data.map(({ content }) => content[0])).toMatchObject([
      { text: { value: 'What is this?' } },
      { text: { value: 'From the app' } },
      { text: { value: 'Scripted answer to: From the app' } },
    ]);
    const place = { thread_id: thread.id };
    const changed = await openai.beta.threads.messages.update(data[1]!.id, { ...place, metadata: { seen: 'yes' } });
    expect(await openai.beta.threads.messages.retrieve(data[1]!.id, place)).toEqual(changed);
    expect(changed.metadata).toEqual({ seen: 'yes' });
    expect(await openai.beta.threads.messages.delete(data[1]!.id, place)).toMatchObject({ deleted: true });
    await expect(openai.beta.threads.messages.retrieve(data[1]!.id, place)).rejects.toMatchObject(missing);
    await openai.beta.threads.messages.delete(made.id, place);
    const left = await openai.beta.threads.messages.list(thread.id);
    expect(left.data.map(({ id }) => id)).toEqual([data[2]!.id]);
    await expect(other.beta.threads.messages.list(thread.id)).rejects.toMatchObject(missing);
  });
});
