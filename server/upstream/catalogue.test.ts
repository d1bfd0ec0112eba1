import { describe, expect, test } from 'vitest';
import { createCatalogue } from './catalogue.ts';
import type { CatalogueOptions } from './catalogue.ts';
import { createDemoProvider } from './demo.ts';
import { isChatModel } from './preferred-models.ts';
import type { Provider } from './upstream.ts';

/** A provider whose list is given piece by piece. */
function listing(...lists: Array<string[] | Error>) {
  let asked = 0;
  const provider: Provider = {
    ...createDemoProvider(),
    kind: 'openai',
    listModels: async () => {
      const list = lists[Math.min(asked, lists.length - 1)]!;
      asked += 1;
      if (list instanceof Error) throw list;
      return list.map((id) => ({ id, owned_by: 'x' }));
    },
  };
  return { provider, asked: () => asked };
}

function catalogueOf(provider: Provider, options: Partial<CatalogueOptions> = {}) {
  return createCatalogue({ provider: () => Promise.resolve(provider), ...options });
}

const ids = (models: Array<{ id: string }>) => models.map((model) => model.id);

describe('the list of models', () => {
  test('is asked for once in a minute, however many want it', async () => {
    let now = 0;
    const { provider, asked } = listing(['a'], ['b']);
    const catalogue = catalogueOf(provider, { now: () => now });
    await Promise.all([catalogue.list(), catalogue.list(), catalogue.list()]);
    now = 59_999;
    expect(ids(await catalogue.list())).toEqual(['a']);
    expect(asked()).toBe(1);
  });

  test('is served stale while the new one is fetched, and while the provider fails', async () => {
    let now = 0;
    const { provider, asked } = listing(['a'], new Error('down'), ['b']);
    const catalogue = catalogueOf(provider, { now: () => now });
    await catalogue.list();
    now = 60_000;
    expect(ids(await catalogue.list())).toEqual(['a']);
    await Promise.resolve();
    now = 64_000;
    expect(ids(await catalogue.list())).toEqual(['a']);
    expect(asked()).toBe(2);
    now = 66_000;
    expect(ids(await catalogue.list())).toEqual(['a']);
    await Promise.resolve();
    expect(ids(await catalogue.list())).toEqual(['b']);
  });

  test('fails with the provider when there never was one, and is asked for again', async () => {
    const { provider } = listing(new Error('down'), ['a']);
    const catalogue = catalogueOf(provider);
    await expect(catalogue.list()).rejects.toThrow('down');
    expect(ids(await catalogue.list())).toEqual(['a']);
  });

  test('changes with the provider', async () => {
    let provider: Provider = createDemoProvider();
    const catalogue = createCatalogue({ provider: () => Promise.resolve(provider) });
    expect(ids(await catalogue.list())).toEqual(['demo']);
    provider = listing(['llama3.2']).provider;
    expect(ids(await catalogue.list())).toEqual(['llama3.2']);
  });
});

describe('the default model', () => {
  test.each([
    [
      'is the first preferred one that is offered',
      ['gpt-4o-mini', 'gpt-6-luna', 'gpt-5-mini'],
      undefined,
      'gpt-6-luna',
    ],
    [
      'is the first chat model where none is preferred',
      ['nomic-embed-text', 'whisper-1', 'llama3.2'],
      undefined,
      'llama3.2',
    ],
    ['is the one of the settings, listed or not', ['gpt-5-mini'], 'my-model', 'my-model'],
    ['is the first preferred one where nothing is listed', [], undefined, 'gpt-6-luna'],
  ])('%s', async (_name, listed, defaultModel, expected) => {
    const catalogue = catalogueOf(listing(listed).provider, { defaultModel });
    expect(await catalogue.defaultModel()).toBe(expected);
    expect(await catalogue.resolve()).toBe(expected);
    expect(await catalogue.resolve('asked-for')).toBe('asked-for');
  });

  test('of the demo is the demo model, whatever the settings say', async () => {
    expect(await catalogueOf(createDemoProvider(), { defaultModel: 'my-model' }).defaultModel()).toBe('demo');
  });

  test('does not hang on a provider that can not list', async () => {
    expect(await catalogueOf(listing(new Error('down')).provider).defaultModel()).toBe('gpt-6-luna');
  });
});

test('a context window is what the provider says, else what is known of the family', async () => {
  const { provider } = listing(['gpt-5-mini']);
  const catalogue = catalogueOf({
    ...provider,
    listModels: () =>
      Promise.resolve([
        { id: 'own', owned_by: 'x', context_window: 4096 },
        { id: 'gpt-4o-mini', owned_by: 'x' },
      ]),
  });
  expect((await catalogue.list())[1]?.context_window).toBe(128_000);
  expect(await catalogue.contextWindow('own')).toBe(4096);
  expect(await catalogue.contextWindow('gpt-5.4-mini-2026-03-17')).toBe(400_000);
  expect(await catalogue.contextWindow('nobody-knows')).toBeUndefined();
});

test('the first question about a known model does not wait for the list', async () => {
  const never = new Promise<never>(() => undefined);
  const provider = { kind: 'openai' as const, listModels: () => never, chat: () => never };
  const catalogue = createCatalogue({ provider: () => Promise.resolve(provider) });
  expect(await catalogue.contextWindow('gpt-5.4-mini')).toBe(400_000);
});

test('embeddings, audio, images and the like are no chat models', () => {
  const others = [
    'text-embedding-3-small',
    'whisper-1',
    'tts-1',
    'dall-e-3',
    'omni-moderation-latest',
    'gpt-realtime-2',
    'gpt-image-2',
  ];
  expect(others.filter(isChatModel)).toEqual([]);
  expect(['gpt-6-luna', 'gpt-4o', 'o3', 'llama3.2:3b', 'qwen3:8b', 'exaone3.5'].every(isChatModel)).toBe(true);
});
