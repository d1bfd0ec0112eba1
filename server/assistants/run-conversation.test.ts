import { toFile } from 'openai';
import type OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;
let openai: OpenAI;
let assistantId: string;

beforeAll(async () => {
  house = await startGateway();
  // The window of gpt-4 is known, and small.
  house.provider.setModels(['gpt-4', 'gpt-4o-mini']);
  ({ openai } = await house.key());
  ({ id: assistantId } = await openai.beta.assistants.create({ model: 'gpt-4', instructions: 'Be kind.' }));
});
afterAll(() => house.close());
beforeEach(() => house.provider.reset());

const poll = { pollIntervalMs: 20 };
type Messages = OpenAI.Beta.ThreadCreateParams['messages'];

async function runOn(messages: Messages, more: Partial<OpenAI.Beta.Threads.RunCreateParamsNonStreaming> = {}) {
  const thread = await openai.beta.threads.create({ messages: messages! });
  return openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistantId, ...more }, poll);
}

/** The words that begin what the model was asked, message by message. */
function asked(): string[] {
  const { messages } = house.provider.requests[0]!.body as { messages: { content: string }[] };
  return messages.map(({ content }) => content.split(' ')[0]!);
}

test('the oldest messages are left out where the window of the model is full, never the instructions', async () => {
  const long = (name: string) => ({ role: 'user' as const, content: `${name} ${'word '.repeat(1_500)}` });
  const run = await runOn([long('first'), long('second'), long('third')]);
  expect(run.status).toBe('completed');
  expect(asked()).toEqual(['Be', 'second', 'third']);
});

test('an answer that may be longer than the window leaves room for the question', async () => {
  const run = await runOn([{ role: 'user', content: 'question' }], { max_completion_tokens: 100_000 });
  expect(run.status).toBe('completed');
  expect(asked()).toEqual(['Be', 'question']);
});

test('max_prompt_tokens leaves the oldest out as well', async () => {
  const some = (name: string) => ({ role: 'user' as const, content: `${name} ${'word '.repeat(120)}` });
  const run = await runOn([some('first'), some('second'), some('third')], { max_prompt_tokens: 300 });
  expect(run.status).toBe('completed');
  expect(asked()).toEqual(['Be', 'second', 'third']);
});

test('what a filter of the provider cuts is incomplete; an answer that it takes whole gives the unit back', async () => {
  house.provider.script({ text: 'Half of it', finishReason: 'content_filter' });
  const cut = await runOn([{ role: 'user', content: 'Risky' }]);
  expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
  const { data } = await openai.beta.threads.messages.list(cut.thread_id, { run_id: cut.id });
  expect(data[0]).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    content: [{ text: { value: 'Half of it' } }],
  });
  const used = () => house.server.context.database.read.selectFrom('daily_usage').select(['user_id', 'used']).execute();
  const before = await used();
  house.provider.script({ text: [], finishReason: 'content_filter', usage: { prompt: 12, completion: 0 } });
  const whole = await runOn([{ role: 'user', content: 'Riskier' }]);
  expect(whole).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'content_filter' } });
  expect((await openai.beta.threads.messages.list(whole.thread_id)).data).toHaveLength(1);
  expect((await house.ledger()).at(-1)).toMatchObject({ state: 'settled', prompt_tokens: 12, completion_tokens: 0 });
  expect(await used()).toEqual(before);
});

test('pictures reach the model as parts: by address, and from kept files with their own bytes', async () => {
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
  const file = await openai.files.create({ file: await toFile(png, 'dot.png'), purpose: 'assistants' });
  const url = 'https://example.com/cat.png';
  const content = [
    { type: 'text' as const, text: 'What is this?' },
    { type: 'image_file' as const, image_file: { file_id: file.id, detail: 'low' as const } },
    { type: 'image_url' as const, image_url: { url, detail: 'high' as const } },
  ];
  const run = await runOn([{ role: 'user', content }], { model: 'gpt-4o-mini' });
  expect(run.status).toBe('completed');
  const bytes = `data:image/png;base64,${png.toString('base64')}`;
  expect(house.provider.requests[0]!.body).toMatchObject({
    messages: [
      { role: 'system' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: bytes, detail: 'low' } },
          { type: 'image_url', image_url: { url, detail: 'high' } },
        ],
      },
    ],
  });
  const { data } = await openai.beta.threads.messages.list(run.thread_id, { order: 'asc' });
  expect(data[0]!.content).toMatchObject([{ type: 'text' }, { type: 'image_file' }, { type: 'image_url' }]);
  // A picture that is gone is said to be gone: the thread goes on.
  await openai.files.delete(file.id);
  house.provider.reset();
  const next = { assistant_id: assistantId, model: 'gpt-4o-mini' };
  expect((await openai.beta.threads.runs.createAndPoll(run.thread_id, next, poll)).status).toBe('completed');
  expect(JSON.stringify(house.provider.requests[0]!.body)).toContain('A picture that has been deleted');
});
