import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documents } from './documents.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test.each(['docs/erd.md', 'server/db/schema.snapshot.txt', 'README.md'])(
  '%s says what the code says; `npm run docs` writes it anew',
  async (path) => {
    expect(read(path)).toBe((await documents(read('README.md')))[path]);
  },
);
