import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { readProvidersFile } from '#server/upstream/providers-file.ts';

let second: ScriptedProvider;
let house: GatewayHouse;
const folder = mkdtempSync(join(tmpdir(), 'daesa-providers-'));
const file = join(folder, 'providers.json');
const messages = [{ role: 'user' as const, content: 'Hi' }];

beforeAll(async () => {
  second = await startScriptedProvider();
  const rows = [
    {
      name: 'second',
      base_url: second.url,
      api_key: 'sk-second-key',
      models: ['gpt-5-mini', 'only-here', 'b*'],
      endpoints: ['chat/completions'],
    },
  ];
  writeFileSync(file, JSON.stringify(rows));
  house = await startGateway({ env: { PROVIDERS_FILE: file } });
  house.provider.setModels(['gpt-5-mini', 'bert']);
});
beforeEach(() => {
  house.provider.reset();
  second.reset();
});
afterAll(async () => {
  await house.close();
  await second.close();
});

const asked = (provider: ScriptedProvider) => provider.counts['/v1/chat/completions'] ?? 0;

test('another provider takes over before the first token, with its own key', async () => {
  const { openai } = await house.key();
  house.provider.setDefault({ status: 401 });
  second.setDefault({ text: 'from the second' });
  const answer = await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
  expect(answer.choices[0]?.message.content).toBe('from the second');
  expect([asked(house.provider), asked(second)]).toEqual([1, 1]);
  expect(second.requests.at(-1)?.headers.authorization).toBe('Bearer sk-second-key');
  expect((await house.ledger()).filter((row) => row.state === 'settled')).toHaveLength(1);
});

test('a request that is wrong itself is asked of one provider only', async () => {
  const { openai } = await house.key();
  house.provider.setDefault({ status: 400 });
  await expect(openai.chat.completions.create({ model: 'gpt-5-mini', messages })).rejects.toMatchObject({
    status: 400,
  });
  expect([asked(house.provider), asked(second)]).toEqual([1, 0]);
});

test('after five failed requests in a row a provider is left alone, for that model only', async () => {
  const { openai } = await house.key();
  house.provider.setDefault({ status: 500 });
  for (let request = 0; request < 6; request += 1) await openai.chat.completions.create({ model: 'bert', messages });
  expect([asked(house.provider), asked(second)]).toEqual([5, 6]);
  house.provider.setDefault({});
  await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
  expect(asked(house.provider)).toBe(6);
});

test('models of the file are listed beside those of the first provider', async () => {
  const { openai } = await house.key();
  const ids: string[] = [];
  for await (const model of openai.models.list()) ids.push(model.id);
  expect(ids).toContain('only-here');
  expect(ids).not.toContain('b*');
});

test('the only provider is left alone as well, which the answer says, and nothing is taken for it', async () => {
  const { openai } = await house.key();
  house.provider.setDefault({ status: 500 });
  const ask = () => openai.chat.completions.create({ model: 'lonely', messages });
  const first = await Promise.allSettled(Array.from({ length: 5 }, ask));
  expect(first.every(({ status }) => status === 'rejected')).toBe(true);
  const askedBefore = asked(house.provider);
  house.provider.setDefault({});
  await expect(ask()).rejects.toMatchObject({ status: 503, code: 'provider_busy' });
  expect(asked(house.provider)).toBe(askedBefore);
  expect((await house.ledger()).at(-1)).toMatchObject({ model: 'lonely', state: 'refunded', status: 503 });
});

test('a file that makes no sense stops the start with one line', () => {
  const bad = join(folder, 'bad.json');
  for (const [content, said] of [
    ['{', /can't be read/],
    ['[{"name":"x"}]', /0\.base_url/],
    ['[{"name":"x","base_url":"ftp://x"}]', /0\.base_url/],
    [
      JSON.stringify([
        { name: 'x', base_url: 'http://a' },
        { name: 'x', base_url: 'http://b' },
      ]),
      /two providers/,
    ],
    ['[{"name":"x","base_url":"http://a","modles":[]}]', /modles/],
  ] as const) {
    writeFileSync(bad, content);
    expect(() => readProvidersFile(bad)).toThrow(said);
  }
});
