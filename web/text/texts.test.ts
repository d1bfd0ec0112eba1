import { expect, test } from 'vitest';
import { en } from './en.ts';
import { ko } from './ko.ts';

const files = import.meta.glob<string>(['../**/*.ts', '../**/*.tsx', '!../text/**', '!../dist/**', '!../**/*.test.*'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

test('both languages say the same things, in the same order', () => {
  expect(Object.keys(en)).toEqual(Object.keys(ko));
});

test('a text and its translation have the same places for values, but for ways to say a time', () => {
  const places = (text: string) =>
    [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => (name === 'hour' ? 'time' : name)))].toSorted();
  for (const key of Object.keys(ko) as (keyof typeof ko)[])
    expect([key, places(en[key])]).toEqual([key, places(ko[key])]);
});

test('every text is shown somewhere', () => {
  const source = Object.values(files).join('\n');
  expect(Object.keys(ko).filter((key) => !source.includes(`'${key}'`))).toEqual([]);
});
