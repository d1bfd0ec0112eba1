import { expect, test } from 'vitest';
import { createBreakers } from './breakers.ts';

test('a breaker opens at five, lets one request try each half minute, and closes at a success', () => {
  let now = 0;
  const breakers = createBreakers(() => now);
  const [one, other] = [{ name: 'one' }, { name: 'other' }];
  for (let request = 0; request < 4; request += 1) breakers.failed(one, 'm');
  expect(breakers.admit([one, other], 'm')).toEqual([one, other]);
  breakers.failed(one, 'm');
  expect(breakers.admit([one, other], 'm')).toEqual([other]);
  expect(() => breakers.admit([one], 'm')).toThrow('left alone');
  expect(breakers.admit([one, other], 'n')).toEqual([one, other]);
  expect(breakers.admit([one], 'm', true)).toEqual([one]);
  now = 30_001;
  expect(breakers.admit([one, other], 'm')).toEqual([one, other]);
  expect(breakers.admit([one, other], 'm')).toEqual([other]);
  now = 60_002;
  expect(breakers.admit([one], 'm')).toEqual([one]);
  breakers.succeeded(one, 'm');
  expect(breakers.admit([one, other], 'm')).toEqual([one, other]);
});
