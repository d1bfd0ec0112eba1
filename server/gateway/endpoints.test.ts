import { randomBytes } from 'node:crypto';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startEndpointProvider, type EndpointProvider } from '#test/endpoint-provider.ts';
import { startServer, type TestServer } from '#test/server.ts';

let provider: EndpointProvider;
let server: TestServer;
let chief: Client;
let administrator: OpenAI;
let openai: OpenAI;
let other: OpenAI;

async function clientFor(user: Client): Promise<OpenAI> {
  const { key } = (await user.post('/keys', { name: 'test' })).body;
  return new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
}

beforeAll(async () => {
  provider = await startEndpointProvider([
    'gpt-5-mini',
    'gpt-6-luna',
    'omni-moderation-latest',
    'gpt-transcribe',
    'gpt-image-2',
    'text-embedding-3-small',
    'ft:gpt-5-mini:x',
  ]);
  server = await startServer({
    env: {
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: 'sk-canary',
      DAILY_REQUEST_LIMIT: '-1',
      MAX_CONCURRENT_GENERATIONS: '0',
    },
  });
  chief = await joinAs(server.url, 'administrator');
  administrator = await clientFor(chief);
  openai = await clientFor(await joinAs(server.url, 'owner'));
  other = await clientFor(await joinAs(server.url, 'other'));
});
afterAll(async () => {
  await server.close();
  await provider.close();
});

async function lastRow() {
  return server.context.database.read.selectFrom('ledger').selectAll().orderBy('id', 'desc').executeTakeFirst();
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

const missing = { status: 404 };
const imageUsage = { input_tokens: 10, output_tokens: 100, total_tokens: 110 };

describe('models', () => {
  test('are listed with their end, without fine-tuned ones of others', async () => {
    const ids = (await all(openai.models.list())).map((model) => model.id);
    expect(ids).toContain('gpt-5-mini');
    expect(ids).not.toContain('ft:gpt-5-mini:x');
    expect(await openai.models.retrieve('gpt-5-mini')).toMatchObject({ id: 'gpt-5-mini', object: 'model' });
    expect(await openai.models.retrieve('gpt-4')).toMatchObject({ shutdown_date: '2026-10-23' });
    await expect(openai.models.retrieve('nothing')).rejects.toMatchObject(missing);
    await expect(openai.models.delete('ft:gpt-5-mini:x')).rejects.toMatchObject(missing);
  });

  test('that have ended are served by another one, which the answer says', async () => {
    provider.answer('POST /v1/chat/completions', {
      object: 'chat.completion',
      model: 'gpt-6-luna',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 1 },
    });
    const asked = openai.chat.completions.create({
      model: 'gpt-3.5-turbo',
      messages: [{ role: 'user', content: 'x' }],
    });
    const { data, response } = await asked.withResponse();
    expect(data.model).toBe('gpt-6-luna');
    const alias = Buffer.from(response.headers.get('x-daesa-model-alias') ?? '', 'latin1').toString('utf8');
    expect(alias).toBe('gpt-3.5-turbo→gpt-6-luna');
    expect(JSON.parse(provider.last().body.toString()).model).toBe('gpt-6-luna');
  });
});

test('administrators say which model answers to a name; nobody else does, and the shipped table comes back', async () => {
  const chat = await joinAs(server.url, 'stranger');
  expect((await chat.put('/admin/aliases/house', { targets: ['gpt-6-luna'] })).status).toBe(403);
  provider.answer('POST /v1/chat/completions', {
    id: 'x',
    object: 'chat.completion',
    model: 'gpt-5-mini',
    choices: [],
  });
  const askFor = async (model: string) => {
    await openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] });
    return JSON.parse(provider.last().body.toString()).model;
  };
  expect(await askFor('house')).toBe('house');
  const set = await chief.put('/admin/aliases/house', { targets: ['not-listed', 'gpt-5-mini'] });
  expect(set.body).toEqual({
    name: 'house',
    targets: ['not-listed', 'gpt-5-mini'],
    shutdown_date: null,
    source: 'administrator',
    shipped: false,
  });
  expect(await askFor('house')).toBe('gpt-5-mini');
  expect(await askFor('gpt-4')).toBe('gpt-6-luna');
  await chief.put('/admin/aliases/gpt-4', { targets: ['gpt-5-mini'] });
  expect(await askFor('gpt-4')).toBe('gpt-5-mini');
  for (const name of ['house', 'gpt-4']) expect((await chief.delete(`/admin/aliases/${name}`)).status).toBe(204);
  expect((await chief.delete('/admin/aliases/house')).status).toBe(404);
  expect([await askFor('gpt-4'), await askFor('house')]).toEqual(['gpt-6-luna', 'house']);
  const { results } = (await chief.get('/admin/aliases')).body;
  expect(results.find((row: { name: string }) => row.name === 'gpt-4')).toMatchObject({ shipped: true });
  const log = (await chief.get('/admin/audit?per_page=10')).body.results.map((row: { action: string }) => row.action);
  expect(log.slice(0, 4)).toEqual(['alias.removed', 'alias.removed', 'alias.set', 'alias.set']);
});

test('embeddings are settled with their tokens', async () => {
  provider.answer('POST /v1/embeddings', {
    object: 'list',
    model: 'text-embedding-3-small',
    data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }],
    usage: { prompt_tokens: 8, total_tokens: 8 },
  });
  const made = await openai.embeddings.create({
    model: 'text-embedding-3-small',
    input: 'x',
    encoding_format: 'float',
  });
  expect(made.data[0]?.embedding).toEqual([0.5, 0.25]);
  expect(await lastRow()).toMatchObject({ endpoint: 'embeddings', prompt_tokens: 8, cost: 160, units: 1 });
});

test('moderations take no unit and cost nothing', async () => {
  provider.answer('POST /v1/moderations', {
    id: 'modr-1',
    model: 'omni-moderation-latest',
    results: [{ flagged: false }],
  });
  const made = await openai.moderations.create({ model: 'text-moderation-latest', input: 'x' });
  expect(made.results[0]?.flagged).toBe(false);
  expect(await lastRow()).toMatchObject({
    endpoint: 'moderations',
    units: 0,
    cost: 0,
    model: 'omni-moderation-latest',
  });
});

test('images are settled with their tokens', async () => {
  provider.answer('POST /v1/images/generations', {
    created: 1,
    data: [{ b64_json: 'AAAA' }],
    usage: { input_tokens: 50, output_tokens: 1_056, input_tokens_details: { text_tokens: 50, image_tokens: 0 } },
  });
  const made = await openai.images.generate({ model: 'dall-e-3', response_format: 'b64_json', prompt: 'x' });
  expect(made.data?.[0]?.b64_json).toBe('AAAA');
  expect(await lastRow()).toMatchObject({ model: 'gpt-image-2', cost: 50 * 5_000 + 1_056 * 30_000 });
});

test('pictures asked for as of dall-e come from a model of today, in the shape that was asked for', async () => {
  provider.answer('POST /v1/images/generations', { created: 1, data: [{ b64_json: 'AAAA' }], usage: imageUsage });
  const old = { model: 'dall-e-3', prompt: 'A cat', size: '1792x1024', quality: 'hd', style: 'vivid' } as const;
  const byAddress = await openai.images.generate(old);
  expect(byAddress.data).toEqual([{ url: 'data:image/png;base64,AAAA' }]);
  const sent = { model: 'gpt-image-2', prompt: 'A cat', size: '1536x1024', quality: 'high' };
  expect(JSON.parse(provider.last().body.toString())).toEqual(sent);
  const inline = await openai.images.generate({ ...old, response_format: 'b64_json' });
  expect(inline.data).toEqual([{ b64_json: 'AAAA' }]);
  expect(JSON.parse(provider.last().body.toString())).toEqual(sent);
  const today = '{"model":"gpt-image-2", "prompt":"A cat" ,"size":"1024x1024"}';
  await fetch(`${server.url}/v1/images/generations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${openai.apiKey}`, 'content-type': 'application/json' },
    body: today,
  });
  expect(provider.last().body.toString()).toBe(today);
});

test('what is served at another price is priced so: half for who waits, its own price for who does not', async () => {
  const answer = (service_tier: string) => ({
    id: 'x',
    object: 'chat.completion',
    model: 'gpt-5-mini',
    service_tier,
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 10 },
  });
  const costs: unknown[] = [];
  for (const tier of ['default', 'flex', 'priority']) {
    provider.answer('POST /v1/chat/completions', answer(tier));
    await openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Hi' }] });
    const row = await lastRow();
    costs.push([row?.cost, row?.price_version?.split('/')[1]]);
  }
  expect(costs).toEqual([
    [22_500, undefined],
    [11_250, 'flex'],
    [40_500, 'priority'],
  ]);
});

test('speech goes through byte for byte and is priced by its characters', async () => {
  const bytes = randomBytes(300_000);
  provider.answer('POST /v1/audio/speech', bytes, { type: 'audio/mpeg' });
  const spoken = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello there' });
  expect(spoken.headers.get('content-type')).toBe('audio/mpeg');
  expect(Buffer.from(await spoken.arrayBuffer()).equals(bytes)).toBe(true);
  expect(await lastRow()).toMatchObject({ state: 'settled', cost: 11 * 15_000, details: '{"characters":11}' });
});

describe('a transcription', () => {
  test('flows through unchanged but for the name of an ended model, and is priced by the second', async () => {
    provider.answer('POST /v1/audio/transcriptions', { text: '안녕', usage: { type: 'duration', seconds: 60 } });
    const recording = randomBytes(2_000_000);
    const file = await toFile(recording, 'a.wav');
    for (const form of [
      { file, model: 'gpt-transcribe' },
      { model: 'whisper-1', file },
    ]) {
      const made = await openai.audio.transcriptions.create(form);
      expect(made.text).toBe('안녕');
      const { body, headers } = provider.last();
      const received = await new Response(new Uint8Array(body), {
        headers: { 'content-type': String(headers['content-type']) },
      }).formData();
      expect(received.get('model')).toBe('gpt-transcribe');
      const sent = Buffer.from(await (received.get('file') as File).arrayBuffer());
      expect(sent.equals(recording)).toBe(true);
      expect(await lastRow()).toMatchObject({ state: 'settled', details: '{"seconds":60}' });
    }
    expect(await lastRow()).toMatchObject({ model: 'gpt-transcribe', cost: 4_500_000 });
  });

  test('is refused where it is no form or too large', async () => {
    const url = `${server.url}/v1/audio/transcriptions`;
    const headers = { authorization: `Bearer ${openai.apiKey}` };
    expect((await send(url, 'POST', '{}', { ...headers, 'content-type': 'application/json' })).status).toBe(415);
    const large = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'multipart/form-data; boundary=x' },
      body: new Uint8Array(34_000_000),
    }).catch(() => undefined);
    expect(large?.status ?? 413).toBe(413);
  });
});

describe('a translation', () => {
  const file = () => toFile(randomBytes(1_000), 'a.wav');
  const chat = (content: string) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'gpt-5-mini',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 40, completion_tokens: 10, total_tokens: 50 },
  });
  const lastTwo = async () =>
    (await server.context.database.read.selectFrom('ledger').selectAll().orderBy('id').execute()).slice(-2);

  test('by a model that has ended is a transcription that chat translates, both paid, one unit', async () => {
    provider.answer('POST /v1/audio/transcriptions', { text: '안녕하세요', usage: { type: 'duration', seconds: 60 } });
    provider.answer('POST /v1/chat/completions', chat('Hello'));
    const made = await openai.audio.translations.create({ model: 'whisper-1', file: await file() }).withResponse();
    expect(made.data).toEqual({ text: 'Hello' });
    expect(Buffer.from(made.response.headers.get('x-daesa-model-alias')!, 'latin1').toString()).toBe(
      'whisper-1→gpt-transcribe',
    );
    const [heard, said] = provider.requests.slice(-2);
    const form = await new Response(new Uint8Array(heard!.body), {
      headers: { 'content-type': String(heard!.headers['content-type']) },
    }).formData();
    expect([form.get('model'), form.get('response_format')]).toEqual(['gpt-transcribe', 'json']);
    expect(JSON.parse(said!.body.toString()).messages[1]).toEqual({ role: 'user', content: '안녕하세요' });
    expect((await lastTwo()).map((row) => [row.model, row.units, row.state, row.cost])).toEqual([
      ['gpt-5-mini', 1, 'settled', 40 * 250 + 10 * 2_000],
      ['gpt-transcribe', 0, 'settled', 4_500_000],
    ]);
    const text = { model: 'whisper-1', file: await file(), response_format: 'text' as const };
    expect(await openai.audio.translations.create(text)).toBe('Hello');
  });

  test('that fails in either half gives its unit back, and what it can not do is said', async () => {
    const refusal = { error: { message: 'Too short', type: 'invalid_request_error', param: 'file', code: null } };
    provider.answer('POST /v1/audio/transcriptions', refusal, { status: 400 });
    const ask = async (more = {}) =>
      openai.audio.translations.create({ model: 'whisper-1', file: await file(), ...more });
    await expect(ask()).rejects.toMatchObject({ status: 400, param: 'file' });
    expect((await lastTwo()).map((row) => row.state)).toEqual(['refunded', 'refunded']);
    provider.answer('POST /v1/audio/transcriptions', { text: '안녕', usage: { type: 'duration', seconds: 60 } });
    provider.answer('POST /v1/chat/completions', refusal, { status: 500 });
    await expect(ask()).rejects.toMatchObject({ status: 502 });
    expect((await lastTwo()).map((row) => row.state)).toEqual(['refunded', 'settled']);
    await expect(ask({ response_format: 'srt' })).rejects.toMatchObject({ status: 400, param: 'response_format' });
  });

  test('by a model that can do it goes through as it is', async () => {
    provider.answer('POST /v1/audio/translations', { text: 'Hi' });
    expect((await openai.audio.translations.create({ model: 'whisper-large-v3', file: await file() })).text).toBe('Hi');
    expect(provider.last().path).toBe('/v1/audio/translations');
  });
});

describe('files', () => {
  test('for this server’s own purposes are kept here and belong to their maker', async () => {
    const content = Buffer.from('{"한글": 1}\n');
    const made = await openai.files.create({ purpose: 'user_data', file: await toFile(content, '../../etc/passwd') });
    expect(made).toMatchObject({ object: 'file', bytes: content.length, purpose: 'user_data', status: 'processed' });
    expect(provider.requests.some(({ path }) => path.startsWith('/v1/files'))).toBe(false);
    expect((await all(openai.files.list())).map((file) => file.id)).toEqual([made.id]);
    expect(Buffer.from(await (await openai.files.content(made.id)).arrayBuffer()).equals(content)).toBe(true);
    await expect(other.files.retrieve(made.id)).rejects.toMatchObject(missing);
    await expect(other.files.content(made.id)).rejects.toMatchObject(missing);
    await expect(other.files.delete(made.id)).rejects.toMatchObject(missing);
    expect(await all(other.files.list())).toEqual([]);
    expect(await openai.files.delete(made.id)).toMatchObject({ deleted: true });
    await expect(openai.files.retrieve(made.id)).rejects.toMatchObject(missing);
  });

  test('for the provider’s purposes go there and still belong to their maker', async () => {
    provider.answer('POST /v1/files', {
      id: 'file-abc',
      object: 'file',
      bytes: 3,
      purpose: 'fine-tune',
      filename: 'a.jsonl',
      created_at: 1,
    });
    provider.answer('GET /v1/files/file-abc/content', Buffer.from('{}\n'), { type: 'application/octet-stream' });
    provider.answer('DELETE /v1/files/file-abc', { id: 'file-abc', object: 'file', deleted: true });
    const made = await administrator.files.create({
      purpose: 'fine-tune',
      file: await toFile(Buffer.from('{}\n'), 'a.jsonl'),
    });
    expect(made.id).toBe('file-abc');
    expect(await (await administrator.files.content(made.id)).text()).toBe('{}\n');
    await expect(openai.files.retrieve(made.id)).rejects.toMatchObject(missing);
    provider.answer('POST /v1/fine_tuning/jobs', {
      id: 'ftjob-1',
      object: 'fine_tuning.job',
      fine_tuned_model: 'ft:gpt-5-mini:x',
    });
    provider.answer('POST /v1/fine_tuning/jobs/ftjob-1/cancel', {
      id: 'ftjob-1',
      object: 'fine_tuning.job',
      status: 'cancelled',
    });
    const job = await administrator.fineTuning.jobs.create({ model: 'gpt-5-mini', training_file: made.id });
    expect(job.id).toBe('ftjob-1');
    expect((await all(administrator.fineTuning.jobs.list())).map(({ id }) => id)).toEqual(['ftjob-1']);
    provider.answer('DELETE /v1/models/ft', { id: 'ft:gpt-5-mini:x', object: 'model', deleted: true });
    await expect(openai.models.delete('ft:gpt-5-mini:x')).rejects.toMatchObject(missing);
    expect(await administrator.models.delete('ft:gpt-5-mini:x')).toMatchObject({ deleted: true });
    expect(await administrator.fineTuning.jobs.cancel('ftjob-1')).toMatchObject({ status: 'cancelled' });
    await expect(openai.fineTuning.jobs.create({ model: 'gpt-5-mini', training_file: 'x' })).rejects.toMatchObject({
      status: 403,
    });
    expect(await administrator.files.delete(made.id)).toMatchObject({ deleted: true });
  });

  test('with a purpose that nobody knows are refused', async () => {
    const file = await toFile(Buffer.from('x'), 'x.txt');
    await expect(openai.files.create({ purpose: 'nothing' as 'user_data', file })).rejects.toMatchObject({
      status: 400,
      param: 'purpose',
    });
  });
});

describe('responses', () => {
  const response = (id: string) => ({
    id,
    object: 'response',
    status: 'completed',
    model: 'gpt-5-mini',
    output: [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi', annotations: [] }] }],
    usage: { input_tokens: 36, output_tokens: 87, output_tokens_details: { reasoning_tokens: 64 }, total_tokens: 123 },
  });

  test('belong to their maker, also as what another one goes on from', async () => {
    provider.answer('POST /v1/responses', response('resp_1'));
    provider.answer('GET /v1/responses/resp_1', response('resp_1'));
    provider.answer('DELETE /v1/responses/resp_1', { id: 'resp_1', object: 'response', deleted: true });
    const made = await openai.responses.create({ model: 'gpt-5-mini', input: 'x' });
    expect(made.output_text).toBe('Hi');
    expect(await lastRow()).toMatchObject({
      prompt_tokens: 36,
      completion_tokens: 87,
      reasoning_tokens: 64,
      cost: 36 * 250 + 87 * 2_000,
    });
    expect((await openai.responses.retrieve('resp_1')).id).toBe('resp_1');
    await expect(other.responses.retrieve('resp_1')).rejects.toMatchObject(missing);
    const going = { model: 'gpt-5-mini', input: 'y', previous_response_id: 'resp_1' };
    await expect(other.responses.create(going)).rejects.toMatchObject({ ...missing, param: 'previous_response_id' });
    await openai.responses.create(going);
    await expect(other.responses.delete('resp_1')).rejects.toMatchObject(missing);
    await openai.responses.delete('resp_1');
    await expect(openai.responses.retrieve('resp_1')).rejects.toMatchObject(missing);
  });

  test('are shortened and counted only from one’s own, and counting is free', async () => {
    provider.answer('POST /v1/responses', response('resp_2'));
    provider.answer('POST /v1/responses/compact', {
      id: 'resp_3',
      object: 'response.compaction',
      output: [],
      usage: { input_tokens: 40, output_tokens: 10, total_tokens: 50 },
    });
    provider.answer('POST /v1/responses/input_tokens', { object: 'response.input_tokens', input_tokens: 11 });
    await openai.responses.create({ model: 'gpt-5-mini', input: 'x' });
    const from = { model: 'gpt-5-mini', previous_response_id: 'resp_2' };
    expect((await openai.responses.compact(from)).object).toBe('response.compaction');
    expect(await lastRow()).toMatchObject({
      endpoint: 'responses/compact',
      units: 1,
      cost: 40 * 250 + 10 * 2_000,
    });
    expect((await openai.responses.inputTokens.count(from)).input_tokens).toBe(11);
    expect(await lastRow()).toMatchObject({ endpoint: 'responses/input_tokens', units: 0, cost: 0 });
    const foreign = { ...missing, param: 'previous_response_id' };
    await expect(other.responses.compact(from)).rejects.toMatchObject(foreign);
    await expect(other.responses.inputTokens.count(from)).rejects.toMatchObject(foreign);
  });

  test('are streamed with their events byte for byte, and a broken stream ends in an error event', async () => {
    const created = `event: response.created\ndata: ${JSON.stringify({ type: 'response.created', sequence_number: 0, response: { id: 'resp_2', object: 'response' } })}\n\n`;
    const delta = `event: response.output_text.delta\ndata: ${JSON.stringify({ type: 'response.output_text.delta', delta: '안녕', sequence_number: 1 })}\n\n`;
    const completed = `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', sequence_number: 2, response: response('resp_2') })}\n\n`;
    const post = () =>
      fetch(`${server.url}/v1/responses`, {
        method: 'POST',
        headers: { authorization: `Bearer ${openai.apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-5-mini', input: 'x', stream: true }),
      });
    provider.answer('POST /v1/responses', created + delta + completed, { type: 'text/event-stream' });
    expect(await (await post()).text()).toBe(created + delta + completed);
    expect(await lastRow()).toMatchObject({ state: 'settled', completion_tokens: 87, estimated: 0 });
    provider.answer('POST /v1/responses', created + delta, { type: 'text/event-stream' });
    const broken = await (await post()).text();
    expect(broken.startsWith(created + delta)).toBe(true);
    expect(broken).toContain('event: error\n');
    expect(await lastRow()).toMatchObject({ state: 'settled', estimated: 1, status: 502 });
    await expect(all(await openai.responses.create({ model: 'gpt-5-mini', input: 'x', stream: true }))).rejects.toThrow(
      /too early/,
    );
  });
});

describe('stored chat completions', () => {
  const completion = (id: string, metadata: Record<string, string>) => ({
    id,
    object: 'chat.completion',
    model: 'gpt-5-mini',
    metadata,
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
  });
  const path = '/v1/chat/completions';

  async function make(id: string, metadata: Record<string, string>, by = openai, store = true): Promise<void> {
    provider.answer(`POST ${path}`, completion(id, metadata));
    provider.answer(`GET ${path}/${id}`, completion(id, metadata));
    await by.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: 'x' }],
      store,
      metadata,
    });
  }
  const idsOf = async (query: object, by = openai) => {
    const ids: string[] = [];
    for await (const { id } of by.chat.completions.list(query)) ids.push(id);
    return ids;
  };

  test('belong to their maker, who lists, reads, changes and deletes them', async () => {
    await make('chatcmpl-a', { topic: 'one' });
    await make('chatcmpl-b', { topic: 'two' });
    await make('chatcmpl-c', { topic: 'one' });
    await make('chatcmpl-d', { topic: 'one' }, other);
    await make('chatcmpl-e', { topic: 'one' }, openai, false);
    expect(await idsOf({})).toEqual(['chatcmpl-a', 'chatcmpl-b', 'chatcmpl-c']);
    expect(await idsOf({ limit: 1, order: 'desc' })).toEqual(['chatcmpl-c', 'chatcmpl-b', 'chatcmpl-a']);
    expect(await idsOf({ limit: 1, metadata: { topic: 'one' } })).toEqual(['chatcmpl-a', 'chatcmpl-c']);
    expect(await idsOf({ model: 'gpt-4o' })).toEqual([]);
    expect(await idsOf({}, other)).toEqual(['chatcmpl-d']);

    expect((await openai.chat.completions.retrieve('chatcmpl-a')).id).toBe('chatcmpl-a');
    await expect(other.chat.completions.retrieve('chatcmpl-a')).rejects.toMatchObject(missing);
    await expect(openai.chat.completions.retrieve('chatcmpl-e')).rejects.toMatchObject(missing);
    provider.answer(`GET ${path}/chatcmpl-a/messages`, { object: 'list', data: [{ id: 'm', role: 'user' }] });
    expect((await openai.chat.completions.messages.list('chatcmpl-a')).data).toHaveLength(1);
    provider.answer(`POST ${path}/chatcmpl-a`, completion('chatcmpl-a', { topic: 'two' }));
    await openai.chat.completions.update('chatcmpl-a', { metadata: { topic: 'two' } });
    expect(await idsOf({ metadata: { topic: 'two' } })).toEqual(['chatcmpl-a', 'chatcmpl-b']);
    provider.answer(`DELETE ${path}/chatcmpl-b`, {
      id: 'chatcmpl-b',
      object: 'chat.completion.deleted',
      deleted: true,
    });
    await expect(other.chat.completions.delete('chatcmpl-b')).rejects.toMatchObject(missing);
    await openai.chat.completions.delete('chatcmpl-b');
    // What its provider has dropped is dropped here.
    provider.answer(`GET ${path}/chatcmpl-c`, { error: { message: 'gone' } }, { status: 404 });
    expect(await idsOf({})).toEqual(['chatcmpl-a']);
  });

  test('are noted where they are streamed, too', async () => {
    const chunk = { id: 'chatcmpl-s', object: 'chat.completion.chunk', model: 'gpt-5-mini' };
    const data = [{ ...chunk, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] }, '[DONE]'];
    const events = data.map((one) => `data: ${typeof one === 'string' ? one : JSON.stringify(one)}\n\n`).join('');
    provider.answer(`POST ${path}`, events, { type: 'text/event-stream' });
    provider.answer(`GET ${path}/chatcmpl-s`, completion('chatcmpl-s', {}));
    const messages = [{ role: 'user' as const, content: 'x' }];
    const stream = await openai.chat.completions.create({ model: 'gpt-5-mini', messages, store: true, stream: true });
    for await (const _ of stream);
    expect((await openai.chat.completions.retrieve('chatcmpl-s')).id).toBe('chatcmpl-s');
  });
});

describe('legacy completions', () => {
  const chat = (content: string, usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 }) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-6-luna',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  });

  test('are served over chat, one choice a prompt, with the prompt where it is asked for', async () => {
    provider.answer('POST /v1/chat/completions', chat(' world'));
    const made = await openai.completions.create({
      model: 'gpt-3.5-turbo-instruct',
      prompt: ['Hello', 'Goodbye'],
      echo: true,
    });
    expect(made).toMatchObject({ object: 'text_completion', model: 'gpt-6-luna', usage: { total_tokens: 14 } });
    expect(made.choices.map(({ text, index }) => [text, index])).toEqual([
      ['Hello world', 0],
      ['Goodbye world', 1],
    ]);
    expect(await lastRow()).toMatchObject({
      endpoint: 'completions',
      prompt_tokens: 10,
      completion_tokens: 4,
      units: 1,
    });
  });

  test('are streamed', async () => {
    const chunk = (rest: object) =>
      `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-6-luna', ...rest })}\n\n`;
    const events = [
      chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
      chunk({ choices: [{ index: 0, delta: { content: ' wor' }, finish_reason: null }] }),
      chunk({ choices: [{ index: 0, delta: { content: 'ld' }, finish_reason: null }] }),
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      chunk({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } }),
      'data: [DONE]\n\n',
    ];
    provider.answer('POST /v1/chat/completions', events.join(''), { type: 'text/event-stream' });
    const chunks = await all(await openai.completions.create({ model: 'gpt-6-luna', prompt: 'Hello', stream: true }));
    expect(chunks.map((one) => one.choices[0]?.text).join('')).toBe(' world');
    expect(chunks.every((one) => one.object === 'text_completion' && one.choices.length === 1)).toBe(true);
    expect(await lastRow()).toMatchObject({ prompt_tokens: 5, completion_tokens: 2, estimated: 0 });
  });

  test('say clearly what can not be honoured, and take nothing for it', async () => {
    for (const [more, param] of [
      [{ logprobs: 3 }, 'logprobs'],
      [{ best_of: 5 }, 'best_of'],
      [{ prompt: [1, 2, 3] }, 'prompt'],
    ] as const) {
      const asked = openai.completions.create({
        model: 'gpt-6-luna',
        prompt: 'Hello',
        ...more,
      } as OpenAI.CompletionCreateParamsNonStreaming);
      await expect(asked).rejects.toMatchObject({ status: 400, param });
    }
    expect(await lastRow()).toMatchObject({ state: 'refunded' });
  });
});

test('an address in a request never becomes one that is asked', async () => {
  const asked = provider.requests.length;
  const url = `${server.url}/v1/chat/completions`;
  provider.answer(
    'POST /v1/chat/completions',
    { error: { message: 'no such model', type: 'invalid_request_error', param: 'model', code: null } },
    { status: 404 },
  );
  for (const body of [
    { model: 'http://127.0.0.1:9/x', messages: [] },
    { model: 'gpt-5-mini', api_base: 'http://127.0.0.1:9', base_url: 'http://127.0.0.1:9', messages: [] },
    {
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://127.1:9/x.png' } }] }],
    },
  ]) {
    const answer = await send(url, 'POST', body, {
      authorization: `Bearer ${openai.apiKey}`,
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
    });
    expect(answer.status).toBe(404);
    expect(JSON.parse(provider.last().body.toString())).toEqual(body);
    expect(provider.last().headers.host).toBe(new URL(provider.url).host);
  }
  expect(provider.requests.length - asked).toBe(3);
});
