import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { pdfOf } from '#test/pdf.ts';
import { startServer } from '#test/server.ts';
import { chunkText } from './chunk-text.ts';

let house: GatewayHouse;
let openai: OpenAI;
let other: OpenAI;

beforeAll(async () => {
  house = await startGateway();
  ({ openai } = await house.key());
  const { key } = (await house.administrator.post('/keys', { name: 'other' })).body;
  other = openai.withOptions({ apiKey: key });
});
afterAll(() => house.close());

const poll = { pollIntervalMs: 20 };
const handbook =
  '# Handbook\n\nThe office opens at nine.\n\nBicycles are kept in the yellow shed behind the garden.\n\nLunch is at noon.';

const upload = async (text: string | Uint8Array, name: string, client = openai) =>
  client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'assistants' });

describe('vector stores', () => {
  test('read text, Markdown and PDF, refuse the rest, and find what is near', async () => {
    const files = [
      await upload(handbook, 'handbook.md'),
      await upload(pdfOf('Parking costs seven coins'), 'parking.pdf'),
      await upload(new Uint8Array([0x50, 0x4b, 3, 4, 0, 0, 0xff, 0xfe]), 'archive.zip'),
    ];
    const store = await openai.vectorStores.create({ name: 'House', metadata: { a: 'b' } });
    expect(store).toMatchObject({ id: expect.stringMatching(/^vs_\w{24}$/), name: 'House', status: 'completed' });
    const batch = await openai.vectorStores.fileBatches.createAndPoll(
      store.id,
      { file_ids: files.map(({ id }) => id) },
      poll,
    );
    expect(batch.file_counts).toEqual({ in_progress: 0, completed: 2, failed: 1, cancelled: 0, total: 3 });
    const failed = await openai.vectorStores.files.retrieve(files[2]!.id, { vector_store_id: store.id });
    expect(failed).toMatchObject({ status: 'failed', last_error: { code: 'unsupported_file' } });
    const listed = [];
    for await (const { id } of openai.vectorStores.files.list(store.id, { limit: 2, order: 'asc' })) listed.push(id);
    expect(listed).toEqual(files.map(({ id }) => id));
    const shed = await openai.vectorStores.search(store.id, { query: 'Where are bicycles kept? yellow shed' });
    expect(shed.data[0]).toMatchObject({ file_id: files[0]!.id, filename: 'handbook.md' });
    const parking = await openai.vectorStores.search(store.id, { query: 'parking coins', max_num_results: 1 });
    expect(parking.data).toMatchObject([{ filename: 'parking.pdf', content: [{ text: 'Parking costs seven coins' }] }]);
    // Embeddings cost money, and no unit.
    const rows = (await house.ledger()).filter((row) => row.endpoint === 'embeddings');
    expect(rows.length).toBeGreaterThanOrEqual(4);
    expect(rows.every((row) => row.state === 'settled' && row.units === 0 && row.prompt_tokens === 7)).toBe(true);
    await openai.vectorStores.files.delete(files[1]!.id, { vector_store_id: store.id });
    expect((await openai.vectorStores.search(store.id, { query: 'parking coins' })).data[0]?.filename).not.toBe(
      'parking.pdf',
    );
    expect(await openai.vectorStores.delete(store.id)).toMatchObject({ deleted: true });
  });

  test('filter by attributes, and are their owner’s alone', async () => {
    const [one, two] = [await upload('Apples are red.', 'one.txt'), await upload('Apples are green.', 'two.txt')];
    const store = await openai.vectorStores.create({});
    for (const [file, year] of [
      [one, 2024],
      [two, 2026],
    ] as const) {
      await openai.vectorStores.files.createAndPoll(store.id, { file_id: file.id, attributes: { year } }, poll);
    }
    const filters = { type: 'gt' as const, key: 'year', value: 2025 };
    const { data } = await openai.vectorStores.search(store.id, { query: 'apples', filters });
    expect(data.map(({ filename }) => filename)).toEqual(['two.txt']);
    await expect(other.vectorStores.retrieve(store.id)).rejects.toMatchObject({ status: 404 });
    const own = await other.vectorStores.create({});
    const stolen = other.vectorStores.files.create(own.id, { file_id: one.id });
    await expect(stolen).rejects.toMatchObject({ status: 400, param: 'file_ids' });
    // A deleted file is in no store any more.
    await openai.files.delete(two.id);
    expect((await openai.vectorStores.search(store.id, { query: 'apples', filters })).data).toEqual([]);
  });
});

test('a run searches the files of its assistant and cites them', async () => {
  const file = await upload(handbook, 'handbook.md');
  const assistant = await openai.beta.assistants.create({
    model: 'gpt-4o-mini',
    tools: [{ type: 'file_search', file_search: { max_num_results: 3 } }],
    tool_resources: { file_search: { vector_stores: [{ file_ids: [file.id] }] } },
  });
  const [storeId] = assistant.tool_resources!.file_search!.vector_store_ids!;
  await openai.vectorStores.files.poll(storeId!, file.id, poll);
  house.provider.reset();
  house.provider.script(
    { toolCalls: [{ id: 'call_s', name: 'daesa_file_search', arguments: '{"queries":["bicycles yellow shed"]}' }] },
    { text: ['In the yellow shed', '【0†handbook.md】.'] },
  );
  const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'Where is my bicycle?' }] });
  const stream = openai.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
  const run = await stream.finalRun();
  expect(run.status).toBe('completed');
  const chat = house.provider.requests.filter(({ path }) => path.endsWith('completions'));
  const { messages } = chat[1]!.body as { messages: { role: string; content: string }[] };
  expect(messages.at(-1)).toMatchObject({ role: 'tool', content: expect.stringContaining('yellow shed') });
  const [message] = await stream.finalMessages();
  const [part] = message!.content;
  const annotation = {
    type: 'file_citation',
    text: '【0†handbook.md】',
    start_index: 18,
    end_index: 33,
    file_citation: { file_id: file.id },
  };
  expect(part).toMatchObject({ text: { value: 'In the yellow shed【0†handbook.md】.', annotations: [annotation] } });
  const place = { thread_id: thread.id };
  const [steps, detailed] = [
    await openai.beta.threads.runs.steps.list(run.id, { ...place, order: 'asc' }),
    await openai.beta.threads.runs.steps.list(run.id, {
      ...place,
      order: 'asc',
      include: ['step_details.tool_calls[*].file_search.results[*].content'],
    }),
  ];
  expect(steps.data.map(({ type, status }) => [type, status])).toEqual([
    ['tool_calls', 'completed'],
    ['message_creation', 'completed'],
  ]);
  expect(JSON.stringify(steps.data[0])).not.toContain('yellow shed behind');
  expect(JSON.stringify(detailed.data[0])).toContain('yellow shed behind');
});

test('a file that a message brings is searched in its thread', async () => {
  const file = await upload('The password of the boat is walrus.', 'boat.txt');
  const attachments = [{ file_id: file.id, tools: [{ type: 'file_search' as const }] }];
  const thread = await openai.beta.threads.create({
    messages: [{ role: 'user', content: 'What is the password?', attachments }],
  });
  const [storeId] = thread.tool_resources!.file_search!.vector_store_ids!;
  await openai.vectorStores.files.poll(storeId!, file.id, poll);
  const store = await openai.vectorStores.retrieve(storeId!);
  expect(store).toMatchObject({ status: 'completed', expires_after: { anchor: 'last_active_at', days: 7 } });
  expect((await openai.vectorStores.search(storeId!, { query: 'boat password' })).data[0]?.filename).toBe('boat.txt');
});

test('without a model that embeds, words are searched, in Korean too', async () => {
  const server = await startServer({ env: { DAILY_REQUEST_LIMIT: '-1' } });
  const user = await joinAs(server.url);
  const { key } = (await user.post('/keys', { name: 'k' })).body;
  const demo = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  const sea = await upload('제주도 바다는 파랗다.', 'sea.txt', demo);
  const hill = await upload('한라산은 높다.', 'hill.txt', demo);
  const store = await demo.vectorStores.create({ file_ids: [sea.id, hill.id] });
  await demo.vectorStores.files.poll(store.id, hill.id, poll);
  const { data } = await demo.vectorStores.search(store.id, { query: '제주도 바다' });
  expect(data.map(({ filename }) => filename)).toEqual(['sea.txt']);
  await server.close();
});

test('a text is cut into passages of the wanted size that overlap', () => {
  const text = Array.from({ length: 200 }, (_, index) => `Sentence number ${index} is here.`).join(' ');
  const chunks = chunkText(text, { size: 100, overlap: 30 });
  expect(chunks.length).toBeGreaterThan(10);
  for (const [index, chunk] of chunks.slice(1).entries()) expect(chunks[index]).toContain(chunk.slice(0, 20));
  expect(chunkText('x'.repeat(5_000), { size: 100, overlap: 0 }).join('')).toHaveLength(5_000);
});
