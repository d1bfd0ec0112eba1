import { expect, test } from 'vitest';
import { auditTexts, kinds } from './audit-texts.ts';

const files = import.meta.glob<string>(['../../server/**/*.ts', '!../../server/**/*.test.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
});

const recorded = Object.values(files)
  .filter((source) => source.includes('audit.store.ts'))
  .flatMap((source) => source.split('\n').filter((line) => /\baction\b/.test(line)))
  .flatMap((line) => [...line.matchAll(/'([a-z_]+\.[a-z_]+)'/g)].map(([, action]) => action!));

test('every kind of line that the server writes into the audit log has its sentence, and no other', () => {
  expect(new Set(recorded)).toEqual(new Set(Object.keys(auditTexts.ko)));
  expect(new Set(recorded.map((action) => action.split('.', 1)[0]))).toEqual(new Set(kinds));
});

test('both languages have the same sentences with the same places', () => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted();
  for (const [action, text] of Object.entries(auditTexts.ko)) {
    expect([action, places(auditTexts.en[action as keyof typeof auditTexts.en])]).toEqual([action, places(text)]);
  }
});
