import { afterAll, expect, test } from 'vitest';
import { countTokens, stopCounting } from './count-tokens.ts';
import { estimateTokens, estimateUsage } from './estimate-tokens.ts';

afterAll(stopCounting);

const texts = {
  English:
    'It might be worthwhile to start small: walk for thirty minutes each morning, and write down what you learn.',
  Korean:
    '목표를 세우고 하나씩 이루어 나가는 것이 중요하다고들 하지만, 때로는 멈춰 서서 숨을 고르는 것도 필요하지 않을까요? 계획은 구체적으로 적는 편이 좋아요.',
  Japanese:
    '目標を立てて一つずつ実現していくことが大切ですが、時には立ち止まって息を整えることも必要ではないでしょうか。',
  code: 'export function add(first: number, second: number): number {\n  return first + second; // the sum\n}\n',
  table: '| name | value |\n|---|---|\n| a | 1 |\n| b | 2 |\n'.repeat(10),
};

test.each(Object.entries(texts))('the estimate for %s is within 20 % of the exact count', async (_name, text) => {
  const exact = await countTokens(text);
  expect(estimateTokens(text)).toBeGreaterThanOrEqual(exact * 0.8);
  expect(estimateTokens(text)).toBeLessThanOrEqual(exact * 1.2);
});

test('special tokens in a text count as the text they are', async () => {
  expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1);
  expect(await countTokens('')).toBe(0);
});

test('no text stalls the count, however long its words are', async () => {
  const startedAt = performance.now();
  const words = ['a', ' ', '가', '😀', '!', '\n'].map((letter) => letter.repeat(100_000));
  for (const word of words) {
    expect(await countTokens(word)).toBeGreaterThan(0);
    expect(estimateTokens(word.repeat(5))).toBeGreaterThan(0);
  }
  expect(performance.now() - startedAt).toBeLessThan(2000);
});

test('a usage of our own says that it is an estimate', () => {
  const usage = estimateUsage([{ role: 'user', content: 'one two' }], 'three');
  expect(usage).toEqual({ promptTokens: 9, completionTokens: 1, cachedTokens: 0, estimated: true });
});
