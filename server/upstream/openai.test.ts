import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '#test/ask-provider.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import type { ScriptedProvider } from '#test/scripted-provider.ts';
import { createOpenAiProvider } from './openai.ts';
import type { OpenAiProvider } from './openai.ts';

let scripted: ScriptedProvider;
let provider: OpenAiProvider;

beforeAll(async () => {
  scripted = await startScriptedProvider();
  provider = await createOpenAiProvider({ baseUrl: scripted.url, apiKey: 'sk-test-key' });
});
afterEach(() => scripted.reset());
afterAll(async () => {
  await provider.close();
  await scripted.close();
});

const chat: OpenAiProvider['chat'] = (request, sink, signal) => provider.chat(request, sink, signal);

describe('a question', () => {
  test('is answered text by text, with the usage and the model that the provider reports', async () => {
    scripted.script({
      text: ['안녕', '하세요 ', '😀'],
      model: 'gpt-4o-mini-2024-07-18',
      usage: { prompt: 12, completion: 7, cached: 4 },
    });
    expect(await ask(chat, 'Hi')).toEqual({
      text: '안녕하세요 😀',
      parts: ['안녕', '하세요 ', '😀'],
      accepted: 1,
      result: {
        finishReason: 'stop',
        model: 'gpt-4o-mini-2024-07-18',
        usage: { promptTokens: 12, completionTokens: 7, cachedTokens: 4, estimated: false },
      },
    });
  });

  test('goes out as a stream with its usage, the key and the settings', async () => {
    await ask(chat, { temperature: 0.2, maxTokens: 99, messages: [{ role: 'system', content: '친절하게' }] });
    const { headers, body, path, method } = await scripted.request(0);
    expect([method, path, headers.authorization]).toEqual(['POST', '/v1/chat/completions', 'Bearer sk-test-key']);
    expect(body).toEqual({
      model: 'gpt-4o-mini',
      messages: [{ role: 'system', content: '친절하게' }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 99,
      temperature: 0.2,
    });
  });

  test.each(['o1', 'o3-mini', 'o4-mini', 'gpt-5-mini', 'gpt-5.6-luna', 'gpt-6-luna', 'openai/gpt-5'])(
    'to the reasoning model %s carries max_completion_tokens and no temperature',
    async (model) => {
      await ask(chat, { model, temperature: 0.2, maxTokens: 99 });
      const { body } = await scripted.request(0);
      expect(body).toMatchObject({ max_completion_tokens: 99 });
      expect(Object.keys(body as object)).not.toEqual(expect.arrayContaining(['temperature']));
      expect(Object.keys(body as object)).not.toEqual(expect.arrayContaining(['max_tokens']));
    },
  );

  test.each(['gpt-4o', 'gpt-5-chat-latest', 'gpt-oss-20b', 'llama3.2', 'olmo-2'])(
    'to %s carries max_tokens and the temperature, an explicit 0 too',
    async (model) => {
      await ask(chat, { model, temperature: 0, maxTokens: 99 });
      expect((await scripted.request(0)).body).toMatchObject({ max_tokens: 99, temperature: 0 });
    },
  );

  test('carries no credentials where there are none, and those of the base URL where it has some', async () => {
    const open = await createOpenAiProvider({ baseUrl: `${scripted.url}/` });
    const basic = await createOpenAiProvider({ baseUrl: scripted.url.replace('://', '://user:p%40ss@') });
    await ask(open.chat);
    await ask(basic.chat);
    const [first, second] = scripted.requests;
    expect(first?.headers.authorization).toBeUndefined();
    expect(second?.headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    await Promise.all([open.close(), basic.close()]);
  });

  test('goes over a connection that is open already', async () => {
    for (let index = 0; index < 5; index += 1) await ask(chat);
    // Two, where the last bytes of an answer are still on their way when the next question goes out.
    expect(new Set(scripted.requests.map(({ clientPort }) => clientPort)).size).toBeLessThanOrEqual(2);
  });

  test('lists the models', async () => {
    const models = await provider.listModels(new AbortController().signal);
    expect(models.map((model) => model.id)).toEqual(['gpt-5-mini', 'gpt-4o-mini', 'text-embedding-3-small']);
  });
});

describe('an answer in an unusual dress is the same answer', () => {
  test.each([
    ['CRLF line ends', { lineEnd: '\r\n' }],
    ['a byte order mark', { byteOrderMark: true }],
    ['one byte a packet', { packets: 1 }],
    ['one packet', { packets: 'one' }],
    ['compressed', { gzip: true }],
    ['compressed, three bytes a packet', { gzip: true, packets: 3 }],
    ['JSON though a stream was asked', { fault: 'json' }],
    ['JSON that calls itself text', { fault: 'json', headers: { 'content-type': 'text/plain' } }],
    ['a stream that calls itself text', { headers: { 'content-type': 'text/plain' } }],
  ] as const)('%s', async (_name, behaviour) => {
    scripted.script({ ...behaviour, text: ['안녕', '하세요 ', '👩‍👩‍👧‍👦', ' "quoted" \\ back'] });
    const { text, result } = await ask(chat);
    expect(text).toBe('안녕하세요 👩‍👩‍👧‍👦 "quoted" \\ back');
    expect(result?.usage).toMatchObject({ promptTokens: 10, completionTokens: 15, estimated: false });
  });

  test('a missing usage is estimated and says so', async () => {
    scripted.script({ usage: null, text: 'one two three four' });
    const { result } = await ask(chat);
    expect(result?.usage).toEqual({ promptTokens: 8, completionTokens: 4, cachedTokens: 0, estimated: true });
  });

  test('an answer without text is an end without text', async () => {
    scripted.script({ fault: 'empty' });
    expect(await ask(chat)).toMatchObject({ parts: [], accepted: 1, result: { finishReason: 'stop' } });
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['tool_calls', 'stop'],
  ])('the finish reason %s is told as %s', async (finishReason, told) => {
    scripted.script({ finishReason });
    expect((await ask(chat)).result?.finishReason).toBe(told);
  });

  test('NUL becomes U+FFFD, and an emoji split over two events comes in one', async () => {
    scripted.script({ text: ['a\u0000', 'b\ud83d', '\ude00c', '\ude00'] });
    expect((await ask(chat)).parts).toEqual(['a\uFFFD', 'b', '😀c', '\uFFFD']);
  });
});

describe('whoever leaves', () => {
  test('in the middle of an answer closes the connection within 100 ms', async () => {
    scripted.script({ fault: 'endless', paceMs: 1 });
    const leaving = new AbortController();
    let leftAt = 0;
    const asked = await ask(chat, 'Hi', leaving.signal, () => {
      leftAt ||= performance.now();
      leaving.abort(new Error('gone'));
    });
    const { closedAt, finished } = await scripted.closed(0);
    expect(asked.failure).toEqual(new Error('gone'));
    expect(finished).toBe(false);
    expect(closedAt! - leftAt).toBeLessThan(100);
  });

  test('before the headers closes it too', async () => {
    scripted.script({ fault: 'silent' });
    const leaving = new AbortController();
    const asking = ask(chat, 'Hi', leaving.signal);
    await scripted.request(0);
    leaving.abort(new Error('gone'));
    expect((await asking).failure).toEqual(new Error('gone'));
    await scripted.closed(0);
  });

  test('beforehand asks nothing', async () => {
    const { failure } = await ask(chat, 'Hi', AbortSignal.abort(new Error('gone')));
    expect(failure).toEqual(new Error('gone'));
    expect(scripted.requests).toEqual([]);
  });

  test('after a failure of his own leaves no connection behind', async () => {
    scripted.script({ fault: 'endless' });
    const { failure } = await ask(chat, 'Hi', undefined, () => {
      throw new TypeError('own bug');
    });
    expect(failure).toEqual(new TypeError('own bug'));
    await scripted.closed(0);
  });
});
