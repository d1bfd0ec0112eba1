import { afterAll, expect, test, vi } from 'vitest';
import { countTokens, stopCounting } from './count-tokens.ts';
import { GrowingCount } from './growing-count.ts';

afterAll(() => stopCounting());

const prose = 'The harbour lay quiet; only a few gulls, unimpressed by the weather, walked along the wall. ';
const texts = new Map([
  ['English', prose.repeat(30)],
  ['Korean', '오늘은 바람이 많이 불어서 배가 늦게 들어왔어요. 그래도 시장은 사람들로 붐볐습니다. '.repeat(30)],
  [
    'Japanese',
    '港は静かで、数羽のかもめだけが防波堤の上を歩いていた。天気のことなど気にしていないようだった。'.repeat(20),
  ],
  ['code', 'export function area(width: number, height: number): number {\n  return width * height;\n}\n\n'.repeat(25)],
  ['numbers', JSON.stringify(Array.from({ length: 300 }, (_, index) => ({ id: index * 7919, rate: index / 7 })))],
]);

test.each([...texts.keys()])('a growing text of %s is counted within 3 %%', async (name) => {
  const text = texts.get(name)!;
  const count = new GrowingCount();
  for (let length = 40; length < text.length; length += 40) {
    count.tokensOf(text.slice(0, length));
    // The tokenizer's thread answers between two looks, as it does between two notes.
    if (length % 400 === 0) await countTokens('and');
  }
  const exact = await countTokens(text);
  const share = () => count.tokensOf(text) / exact;
  await vi.waitFor(() => expect(Math.abs(share() - 1)).toBeLessThan(0.03));
});

test('before anything is counted, a text is estimated', () => {
  expect(new GrowingCount().tokensOf('Three plain words')).toBeGreaterThan(2);
});
