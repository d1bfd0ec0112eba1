import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import OpenAI from 'openai';
import { eventually } from '#test/chat-server.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;

beforeAll(async () => {
  house = await startGateway();
});
beforeEach(() => house.provider.reset());
afterAll(() => house.close());

/** A streamed call of the tool `weather`, its arguments in pieces, and the usage that the gateway asks for. */
function toolCall(): Buffer {
  const frame = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_790_000_000, model: 'gpt-4o-mini' };
  const piece = (delta: object, reason: string | null = null) => ({
    ...frame,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  });
  const call = (rest: object) => piece({ tool_calls: [{ index: 0, ...rest }] });
  const events = [
    piece({ role: 'assistant', content: null }),
    call({ id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }),
    call({ function: { arguments: '{"city":' } }),
    call({ function: { arguments: '"서울"}' } }),
    piece({}, 'tool_calls'),
    { ...frame, choices: [], usage: { prompt_tokens: 40, completion_tokens: 12, total_tokens: 52 } },
  ];
  return Buffer.from(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
}

const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false as const,
};

test('the Vercel AI SDK calls a tool from a stream and goes on with its result', async () => {
  const { key } = await house.key();
  house.provider.script({ raw: toolCall() }, { text: '맑아요' });
  const openai = createOpenAI({ apiKey: key, baseURL: `${house.server.url}/v1` });
  const cities: string[] = [];
  const weather = tool({
    description: 'The weather of a city',
    inputSchema: jsonSchema<{ city: string }>(parameters),
    execute: async ({ city }) => {
      cities.push(city);
      return 'sunny';
    },
  });
  const result = streamText({
    model: openai.chat('gpt-4o-mini'),
    prompt: 'How is the weather in Seoul?',
    tools: { weather },
    stopWhen: stepCountIs(2),
  });
  expect(await result.text).toBe('맑아요');
  expect(cities).toEqual(['서울']);
  expect((await house.ledger()).map((row) => row.state)).toEqual(['settled', 'settled']);
});

test('LangChain puts a streamed tool call together', async () => {
  const { key } = await house.key();
  house.provider.script({ raw: toolCall() });
  const model = new ChatOpenAI({
    model: 'gpt-4o-mini',
    apiKey: key,
    maxRetries: 0,
    configuration: { baseURL: `${house.server.url}/v1` },
  }).bindTools([{ type: 'function', function: { name: 'weather', description: 'The weather of a city', parameters } }]);
  let name = '';
  let written = '';
  for await (const chunk of await model.stream('How is the weather in Seoul?')) {
    for (const piece of chunk.tool_call_chunks ?? []) {
      name += piece.name ?? '';
      written += piece.args ?? '';
    }
  }
  expect([name, JSON.parse(written)]).toEqual(['weather', { city: '서울' }]);
  expect((await house.ledger()).at(-1)).toMatchObject({ state: 'settled', prompt_tokens: 40, completion_tokens: 12 });
});

const messages = [{ role: 'user' as const, content: 'Hi' }];

test('OpenAI’s client tries again where that helps, and not where the answer says that it does not', async () => {
  const { key } = await house.key({ daily_requests: 2 });
  const openai = new OpenAI({ apiKey: key, baseURL: `${house.server.url}/v1`, maxRetries: 2 });
  const asked = () => house.provider.counts['/v1/chat/completions'] ?? 0;
  // The gateway tries three times before it says so; then the client asks once more.
  house.provider.script({ status: 500 }, { status: 500 }, { status: 500 });
  const answer = await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
  expect([answer.choices[0]?.finish_reason, asked()]).toEqual(['stop', 4]);
  house.provider.script({ status: 400 });
  await expect(openai.chat.completions.create({ model: 'gpt-5-mini', messages })).rejects.toMatchObject({
    status: 400,
  });
  expect(asked()).toBe(5);
  await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
  const began = performance.now();
  await expect(openai.chat.completions.create({ model: 'gpt-5-mini', messages })).rejects.toMatchObject({
    status: 429,
  });
  expect(performance.now() - began).toBeLessThan(5_000);
});

test('OpenAI’s client aborts a stream, which ends it at the provider and is paid as far as it came', async () => {
  const { openai } = await house.key();
  house.provider.script({ text: Array.from({ length: 200 }, (_, index) => ` word${index}`), paceMs: 20 });
  const stream = await openai.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true });
  let chunks = 0;
  for await (const chunk of stream) {
    chunks += chunk.choices.length;
    if (chunks === 5) stream.controller.abort();
  }
  expect((await house.provider.closed(0)).finished).toBe(false);
  const row = await eventually(async () => {
    const last = (await house.ledger()).at(-1);
    return last?.state === 'reserved' ? undefined : last;
  });
  expect(row).toMatchObject({ state: 'settled', status: 499, estimated: 1 });
  expect(Number(row.completion_tokens)).toBeGreaterThan(0);
});
