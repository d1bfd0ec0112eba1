import { expect, test } from 'vitest';
import { ProviderFailure } from './provider-failure.ts';
import { askInTurn, type RetryOptions } from './ask-in-turn.ts';
import { createBreakers } from './breakers.ts';

const retrying = (
  attempt: () => Promise<string>,
  untouched: () => boolean,
  signal: AbortSignal,
  options: RetryOptions,
) => askInTurn(createBreakers(), [{ name: 'only' }], attempt, { model: 'm', signal, untouched }, options);
const never = new AbortController().signal;
const fast = { minMs: 1, maxMs: 2 };

function failing(failure: Error, times: number) {
  const asked: number[] = [];
  const attempt = () => {
    asked.push(performance.now());
    return asked.length <= times ? Promise.reject(failure) : Promise.resolve('answer');
  };
  return { asked, attempt };
}

const busy = (askedToWaitS?: number) =>
  new ProviderFailure('provider_busy', 'busy', { retryable: true, retryAfterS: askedToWaitS ?? 5, askedToWaitS });

test('two more tries, then the failure is told', async () => {
  const mended = failing(busy(), 2);
  expect(await retrying(mended.attempt, () => true, never, fast)).toBe('answer');
  const broken = failing(busy(), 9);
  await expect(retrying(broken.attempt, () => true, never, fast)).rejects.toMatchObject({ code: 'provider_busy' });
  expect(broken.asked).toHaveLength(3);
});

test('nothing is asked again once text was passed on, nor what another try can not mend', async () => {
  const begun = failing(busy(), 1);
  await expect(retrying(begun.attempt, () => false, never, fast)).rejects.toThrow('busy');
  const refused = failing(new ProviderFailure('provider_refused', 'no', { retryable: true }), 1);
  await expect(retrying(refused.attempt, () => true, never, fast)).rejects.toThrow('no');
  const bug = failing(new TypeError('bug'), 1);
  await expect(retrying(bug.attempt, () => true, never, fast)).rejects.toThrow('bug');
  expect([begun, refused, bug].map(({ asked }) => asked.length)).toEqual([1, 1, 1]);
});

test('a short Retry-After is waited for, a long one is handed on at once', async () => {
  const short = failing(busy(0.05), 1);
  expect(await retrying(short.attempt, () => true, never, fast)).toBe('answer');
  expect(short.asked[1]! - short.asked[0]!).toBeGreaterThanOrEqual(48);
  const long = failing(busy(3), 1);
  await expect(retrying(long.attempt, () => true, never, fast)).rejects.toMatchObject({ retryAfterS: 3 });
  expect(long.asked).toHaveLength(1);
});

test('the pause lies between its bounds and ends when the asker leaves', async () => {
  const left = new AbortController();
  const { asked, attempt } = failing(busy(), 9);
  const answer = retrying(attempt, () => true, left.signal, { minMs: 10_000, maxMs: 20_000 });
  left.abort(new Error('gone'));
  await expect(answer).rejects.toThrow('gone');
  expect(asked).toHaveLength(1);
  const pauses = failing(busy(), 2);
  await retrying(pauses.attempt, () => true, never, { minMs: 20, maxMs: 40, random: () => 0.5 });
  expect(pauses.asked[1]! - pauses.asked[0]!).toBeGreaterThanOrEqual(29);
});
