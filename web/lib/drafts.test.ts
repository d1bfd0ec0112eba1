import { describe, expect, test } from 'vitest';
import { createDrafts } from './drafts.ts';

function createStorage() {
  const values = new Map<string, string>();
  return {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
  };
}

describe('a draft', () => {
  test('is there again after the page was closed', () => {
    const storage = createStorage();
    const before = createDrafts(() => storage);
    before.save(1, 7, '쓰다 만 글');
    before.flush();
    expect(createDrafts(() => storage).read(1, 7)).toBe('쓰다 만 글');
  });

  test('belongs to one person and one conversation', () => {
    const drafts = createDrafts(createStorage);
    drafts.save(1, 7, 'mine');
    expect([drafts.read(2, 7), drafts.read(1, 8), drafts.read(1, 'new'), drafts.read('guest', 7)]).toEqual([
      '',
      '',
      '',
      '',
    ]);
  });

  test('that was emptied stays empty', () => {
    const storage = createStorage();
    const drafts = createDrafts(() => storage);
    drafts.save(1, 'new', 'text');
    drafts.flush();
    drafts.save(1, 'new', '');
    drafts.flush();
    expect(createDrafts(() => storage).read(1, 'new')).toBe('');
  });

  test('written before login is there after it, and never replaces what the person had', () => {
    const drafts = createDrafts(createStorage);
    drafts.save('guest', 'new', 'as a guest');
    drafts.save('guest', 'board', 'as a guest');
    drafts.save(1, 'board', 'mine');
    drafts.adopt(1);
    expect(drafts.read(1, 'new')).toBe('as a guest');
    expect(drafts.read(1, 'board')).toBe('mine');
    expect(drafts.read('guest', 'new')).toBe('');
  });

  test('is one of at most fifty; the oldest goes', () => {
    const drafts = createDrafts(createStorage);
    for (let place = 1; place <= 51; place += 1) drafts.save(1, place, 'text');
    expect(drafts.read(1, 1)).toBe('');
    expect(drafts.read(1, 2)).toBe('text');
  });

  test('is kept before older ones where the storage has no room for all', () => {
    const { getItem, setItem } = createStorage();
    const small = {
      getItem,
      setItem: (key: string, value: string) => {
        if (value.length > 1_000) throw new Error('full');
        setItem(key, value);
      },
    };
    const drafts = createDrafts(() => small);
    for (const place of [1, 2, 3]) drafts.save(1, place, 'a'.repeat(400));
    drafts.flush();
    const next = createDrafts(() => small);
    expect([1, 2, 3].map((place) => next.read(1, place).length)).toEqual([0, 400, 400]);
    expect(drafts.read(1, 1)).toHaveLength(400);
  });

  test('survives a storage that holds something else or refuses to write', () => {
    const broken = {
      getItem: () => '{"a":1}',
      setItem: () => {
        throw new Error('full');
      },
    };
    const drafts = createDrafts(() => broken);
    drafts.save(1, 'new', 'text');
    drafts.flush();
    expect(drafts.read(1, 'new')).toBe('text');
  });
});
