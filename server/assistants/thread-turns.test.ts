import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;
let openai: OpenAI;
let assistantId: string;

beforeAll(async () => {
  house = await startGateway();
  ({ openai } = await house.key());
  ({ id: assistantId } = await openai.beta.assistants.create({ model: 'gpt-4o-mini' }));
});
afterAll(() => house.close());
beforeEach(() => house.provider.reset());

const poll = { pollIntervalMs: 20 };

/** A thread, and the session that its owner sees in the web app. */
async function openThread(content = 'Hi'): Promise<{ id: string; session: number }> {
  const { id } = await openai.beta.threads.create({ messages: [{ role: 'user', content }] });
  const { body } = await house.owner.get('/sessions?mine=true');
  return { id, session: body.results[0].id };
}

test('a conversation in which a run is active takes no question of the web app until the run has ended', async () => {
  const thread = await openThread();
  const earlier = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
  expect(earlier.status).toBe('completed');
  house.provider.script({}, { hold: true });
  const before = (await house.owner.post('/chat', { content: 'Before', session_id: thread.session })).body;
  const run = await openai.beta.threads.runs.create(thread.id, { assistant_id: assistantId });
  const prompts = `/sessions/${thread.session}/prompts`;
  const refused = [
    await house.owner.post('/chat', { content: 'More', session_id: thread.session }),
    await house.owner.post('/chat/stream', { content: 'More', session_id: thread.session }),
    await house.owner.post(prompts, { content: 'More' }),
    await house.owner.put(`${prompts}/${before.id}`, { content: 'Changed' }),
    await house.owner.post(`${prompts}/${before.id}/regenerate`),
  ];
  for (const { status, body } of refused) {
    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.detail).toContain(run.id);
  }
  const { data } = await openai.beta.threads.messages.list(thread.id);
  expect(data.some(({ content }) => JSON.stringify(content).includes('More'))).toBe(false);
  house.provider.release();
  await openai.beta.threads.runs.poll(run.id, { thread_id: thread.id }, poll);
  const after = await house.owner.post('/chat', { content: 'After', session_id: thread.session });
  expect(after.status).toBe(201);
});

test('a thread that is answered in the web app takes no run and no message until the answer is there', async () => {
  const thread = await openThread();
  house.provider.script({ hold: true });
  const { body } = await house.owner.post('/chat/stream', { content: 'Chat', session_id: thread.session });
  await house.provider.request(0);
  await expect(openai.beta.threads.runs.create(thread.id, { assistant_id: assistantId })).rejects.toMatchObject({
    status: 409,
    code: 'conflict',
    message: expect.stringContaining('being written'),
  });
  const message = openai.beta.threads.messages.create(thread.id, { role: 'user', content: 'More' });
  await expect(message).rejects.toMatchObject({ status: 409 });
  house.provider.release();
  await house.owner.get(`/chat/stream/${body.stream_id}`);
  const run = await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId }, poll);
  expect(run.status).toBe('completed');
});
