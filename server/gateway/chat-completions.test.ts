import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import OpenAI from 'openai';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { clientOf, send } from '#test/client.ts';

let house: GatewayHouse;

beforeAll(async () => {
  house = await startGateway();
});
beforeEach(() => house.provider.reset());
afterAll(() => house.close());

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const messages = [{ role: 'user' as const, content: 'Hello there' }];

describe('a chat completion', () => {
  test('answers OpenAI’s client and settles what the provider counted', async () => {
    const { openai } = await house.key();
    const answer = await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
    expect(answer.choices[0]?.message.content).toBe('Scripted answer to: Hello there');
    expect(answer.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 15 });
    const row = (await house.ledger()).at(-1);
    expect(row).toMatchObject({
      state: 'settled',
      model: 'gpt-5-mini',
      endpoint: 'chat/completions',
      prompt_tokens: 10,
      completion_tokens: 15,
      estimated: 0,
      status: 200,
      cost: 10 * 250 + 15 * 2_000,
      price_version: 'genai-prices@0.1.8',
    });
  });

  test('streams, and keeps the usage event from whoever did not ask for it', async () => {
    const { openai } = await house.key();
    const texts: string[] = [];
    for await (const chunk of await openai.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true })) {
      expect(chunk.choices).toHaveLength(1);
      texts.push(chunk.choices[0]?.delta.content ?? '');
    }
    expect(texts.join('')).toBe('Scripted answer to: Hello there');
    expect(house.provider.requests.at(-1)?.body).toMatchObject({ stream_options: { include_usage: true } });
    expect((await house.ledger()).at(-1)).toMatchObject({ prompt_tokens: 10, completion_tokens: 15, estimated: 0 });
  });

  test('gives the usage event to whoever asked for it', async () => {
    const { openai } = await house.key();
    const stream = await openai.chat.completions.create({
      model: 'gpt-5-mini',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await all(stream);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 25 } });
  });

  test('goes to the provider byte for byte, with its unknown fields and its numbers', async () => {
    const { plain } = await house.key();
    const body =
      '{ "model" : "gpt-5-mini", "messages":[{"role":"user","content":"\\u0041\\n한글"}],"x_unknown":1.50,"big":12345678901234567890 }';
    const answer = await send(`${house.server.url}/v1/chat/completions`, 'POST', body, {
      authorization: `Bearer ${plain.token}`,
      'OpenAI-Organization': 'org-mine',
      'OpenAI-Beta': 'something=v1',
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(200);
    const asked = house.provider.requests.at(-1)!;
    expect(asked.rawBody).toBe(body);
    expect(asked.headers['openai-organization']).toBeUndefined();
    expect(asked.headers['openai-beta']).toBe('something=v1');
    expect(asked.headers.authorization).toBe('Bearer sk-canary-provider-key');
  });

  test('comes back byte for byte', async () => {
    const { key } = await house.key();
    const golden = Buffer.from(
      ': comment\n\ndata: {"id":"1","choices":[{"index":0,"delta":{"content":"안녕"},"finish_reason":null}],"obfuscation":"xx"}\n\n' +
        'data: {"id":"1","choices":[{"index":0,"delta":{"content":" 하세요 😀"},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\n\n',
    );
    for (const packets of [1, 7, undefined]) {
      house.provider.script({ raw: golden, packets, headers: { 'set-cookie': 'a=b', 'openai-organization': 'ours' } });
      const response = await fetch(`${house.server.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-5-mini', messages, stream: true }),
      });
      expect(Buffer.from(await response.arrayBuffer()).equals(golden)).toBe(true);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(response.headers.get('openai-organization')).toBeNull();
      expect(response.headers.get('x-request-id')).toBeTruthy();
      expect(response.headers.get('openai-processing-ms')).toMatch(/^\d+$/);
    }
    expect((await house.ledger()).at(-1)).toMatchObject({ state: 'settled', estimated: 1 });
  });

  test('by a session token works too, by a cookie or the other header it does not', async () => {
    const body = { model: 'gpt-5-mini', messages };
    expect((await house.owner.post('/v1/chat/completions', body)).status).toBe(200);
    const { token } = house.owner;
    const others: Record<string, string>[] = [
      { authentication: `bearer ${token}` },
      { cookie: `daesa=${token}`, origin: house.server.url },
    ];
    for (const headers of others) {
      const answer = await send(`${house.server.url}/v1/chat/completions`, 'POST', body, headers);
      expect(answer.status).toBe(401);
      expect(answer.body.error.code).toBe('invalid_api_key');
    }
  });
});

describe('an error', () => {
  const failing = async (act: () => Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
    try {
      await act();
    } catch (error) {
      if (error instanceof OpenAI.APIError) return error;
      throw error;
    }
    throw new Error('it did not fail');
  };

  test('has all four fields, whoever has made it', async () => {
    const { plain } = await house.key();
    const url = `${house.server.url}/v1`;
    const auth = { authorization: `Bearer ${plain.token}`, 'content-type': 'application/json' };
    const cases: [number, string, string, unknown, Record<string, string>?][] = [
      [401, '/chat/completions', 'POST', { model: 'm' }, {}],
      [401, '/chat/completions', 'POST', { model: 'm' }, { authorization: 'Bearer sk-daesa-wrong' }],
      [400, '/chat/completions', 'POST', '{"model":', auth],
      [400, '/chat/completions', 'POST', '[1]', auth],
      [400, '/chat/completions', 'POST', '{"model":"a","model":"b"}', auth],
      [400, '/chat/completions', 'POST', '{"MODEL":"a"}', auth],
      [400, '/chat/completions', 'POST', `{"a":${'['.repeat(80)}${']'.repeat(80)}}`, auth],
      [422, '/chat/completions', 'POST', '{"model":5}', auth],
      [415, '/chat/completions', 'POST', 'model=x', { ...auth, 'content-type': 'text/plain' }],
      [404, '/nothing', 'GET', undefined, auth],
      [404, '/completions', 'GET', undefined, auth],
      [404, '/models/none', 'GET', undefined, auth],
    ];
    for (const [status, path, method, body, headers] of cases) {
      const answer = await send(url + path, method, body, headers ?? auth);
      expect([path, answer.status]).toEqual([path, status]);
      expect(Object.keys(answer.body.error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
      expect(answer.headers.get('x-request-id')).toBeTruthy();
    }
    // Neither what is not served here, nor what its provider has ended, goes anywhere unmetered.
    const unserved = ['POST /realtime/transcription_sessions', 'POST /realtime/calls', 'POST /realtime/calls/x/accept']
      .concat(['POST /batches', 'POST /images/edits', 'POST /videos', 'GET /completions', 'POST /edits'])
      .concat(['GET /engines', 'POST /containers', 'POST /conversations', 'GET /organization/users', 'GET /nothing']);
    for (const route of unserved) {
      const [method = '', path = ''] = route.split(' ');
      const { status, body } = await send(url + path, method, method === 'POST' ? {} : undefined, auth);
      expect([route, status, body.error.code, body.error.type, body.error.param]).toEqual([
        route,
        404,
        'unknown_url',
        'invalid_request_error',
        null,
      ]);
    }
    expect(house.provider.counts['/v1/chat/completions']).toBeUndefined();
  });

  test('of the provider about the request is handed on with its own words', async () => {
    const { openai } = await house.key();
    house.provider.script({ status: 400 });
    const error = await failing(() => openai.chat.completions.create({ model: 'gpt-5-mini', messages }));
    expect(error).toMatchObject({ status: 400, param: 'temperature', type: 'invalid_request_error' });
    expect((await house.ledger()).at(-1)).toMatchObject({ state: 'refunded', status: 400 });
  });

  test('of the provider about our key is a failure of ours and quotes nothing', async () => {
    const { openai } = await house.key();
    house.provider.script({ status: 401 });
    const error = await failing(() => openai.chat.completions.create({ model: 'gpt-5-mini', messages }));
    expect(error).toMatchObject({ status: 502, code: 'provider_auth' });
    expect(JSON.stringify(error.error)).not.toMatch(/sk-|canary/);
  });

  test('of a provider that is busy or broken is tried again, at most twice', async () => {
    const { openai } = await house.key();
    house.provider.script({ status: 500 });
    await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
    expect(house.provider.requests).toHaveLength(2);
    house.provider.setDefault({ status: 503, headers: { 'retry-after': '1' } });
    const error = await failing(() => openai.chat.completions.create({ model: 'gpt-5-mini', messages }));
    expect(error.status).toBe(502);
    expect(house.provider.requests).toHaveLength(5);
    expect((await house.ledger()).at(-1)).toMatchObject({ state: 'refunded' });
  });

  test('of a key that does not take the model names neither', async () => {
    const { openai } = await house.key({ models: ['gpt-5-nano', 'o*'] });
    const error = await failing(() => openai.chat.completions.create({ model: 'gpt-5-mini', messages }));
    expect(error).toMatchObject({ status: 403, code: 'model_not_allowed' });
    expect(house.provider.requests).toHaveLength(0);
    await openai.chat.completions.create({ model: 'o3', messages });
  });
});

test('the demo model answers plain and streamed, and says what it can not do', async () => {
  const demo = await startGateway({ env: { OPENAI_BASE_URL: '', OPENAI_API_KEY: '' } });
  try {
    const { openai } = await demo.key();
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages });
    expect(answer.model).toBe('demo');
    expect(answer.choices[0]?.message.content).toContain('demo model');
    const stream = await openai.chat.completions.create({ model: 'demo', messages, stream: true });
    const text = (await all(stream)).map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toContain('demo model');
    const response = await openai.responses.create({ model: 'demo', input: 'Hello there' });
    expect(response.output_text).toContain('demo model');
    const events = await all(await openai.responses.create({ model: 'demo', input: 'Hi', stream: true }));
    expect(events.at(-1)?.type).toBe('response.completed');
    const vectors = await openai.embeddings.create({
      model: 'demo',
      input: ['red apple', 'an apple is red', 'dark night'],
    });
    const [one, two, three] = vectors.data.map((row) => row.embedding);
    const dot = (a: number[] = [], b: number[] = []) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
    expect(dot(one, two)).toBeGreaterThan(dot(one, three));
    await expect(openai.moderations.create({ input: 'x' })).rejects.toMatchObject({
      status: 501,
      code: 'not_supported',
    });
    expect((await demo.ledger()).map((row) => [row.state, row.cost])).toEqual(
      Array.from({ length: 5 }, () => ['settled', 0]),
    );
    expect((await clientOf(demo.server.url, demo.owner.token).get('/v1/models')).body.data[0].id).toBe('demo');
  } finally {
    await demo.close();
  }
});
