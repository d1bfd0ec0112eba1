import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';

let house: GatewayHouse;
let key: string;

beforeAll(async () => {
  house = await startGateway();
  ({ key } = await house.key());
});
afterAll(() => house.close());

const chunk = (fields: object) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-5-mini', ...fields })}`;
const say = (content: string) =>
  chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }], usage: null });
const usage = chunk({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 15, total_tokens: 25 } });
const words = ['안녕', '하세요 ', '👩‍👩‍👧‍👦', ' naïve — “quoted”', '\n'].map(say);
const done = 'data: [DONE]';
const join = (events: string[], lineEnd = '\n') => events.map((event) => `${event}${lineEnd}${lineEnd}`).join('');

/** Streams as providers and the proxies before them send them. */
const streams: Record<string, string> = {
  'as OpenAI sends it': join([...words, usage, done]),
  'with CRLF': join([...words, usage, done], '\r\n'),
  'with a byte order mark': `\uFEFF${join([...words, usage, done])}`,
  'with comments and pings between, before and in the events': [
    ': OPENROUTER PROCESSING\n\n',
    ...words.map((event) => `: ping\n\n${event}\n: in the event\n\nevent: ping\ndata:\n\n`),
    ':\n\n',
    join([usage, done]),
  ].join(''),
  'with ids, names, retry times and data without a space': [
    'retry: 3000\n\n',
    ...words.map((event, index) => `id: ${index}\nevent: message\n${event.replace('data: ', 'data:')}\n\n`),
    join([usage, done]),
  ].join(''),
  'with more empty lines than needed': join([...words, usage]).replaceAll('\n\n', '\n\n\n') + join([done]),
  'without the last empty line': join([...words, usage]) + `${done}\n`,
  'without the last line end': join([...words, usage]) + done,
  'with CRLF, without the last line end': join([...words, usage], '\r\n') + done,
};

test.for(Object.entries(streams))('a stream %s comes through byte for byte, wherever it is cut', async ([, text]) => {
  const golden = Buffer.from(text);
  // Packets of one byte split every character and every CRLF; the others split some, and join events.
  for (const packets of [1, 2, 3, 7, 61, 'one'] as const) {
    house.provider.script({ raw: golden, packets });
    const answer = await fetch(`${house.server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'gpt-5-mini',
        messages: [{ role: 'user', content: 'Hi' }],
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
    const received = Buffer.from(await answer.arrayBuffer());
    // As text first: a difference can be read.
    expect(received.toString('utf8')).toBe(golden.toString('utf8'));
    expect(received.equals(golden)).toBe(true);
    const row = (await house.ledger()).at(-1);
    expect(row).toMatchObject({ state: 'settled', prompt_tokens: 10, completion_tokens: 15, estimated: 0 });
  }
});
