import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStreamLog, type StreamLog } from './stream-log.ts';

const never = new AbortController().signal;

async function readAll(log: StreamLog, place: number): Promise<string> {
  let text = '';
  while (true) {
    await log.past(place + text.length, never);
    const more = log.from(place + text.length);
    if (more === '' && log.closed) return text;
    text += more;
  }
}

test('every place of a log gives exactly what comes after it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 12 }),
      fc.nat(20),
      (pieces, joinAt) => {
        const log = createStreamLog();
        const whole = pieces.join('');
        for (const [index, piece] of pieces.entries()) {
          log.append(piece);
          // Reading the whole text joins the pieces; places stay what they were.
          const soFar = index === joinAt ? log.text : whole.slice(0, log.length);
          expect(soFar).toBe(pieces.slice(0, index + 1).join(''));
        }
        expect(log.length).toBe(whole.length);
        for (let place = 0; place <= whole.length; place += 1) expect(log.from(place)).toBe(whole.slice(place));
        expect(log.text).toBe(whole);
      },
    ),
  );
});

test('readers at different places all get the whole rest, however slow they are', async () => {
  const log = createStreamLog();
  log.append('before ');
  const readers = [readAll(log, 0), readAll(log, 3), readAll(log, 7)];
  for (const piece of ['one ', 'two ', 'three']) {
    await Promise.resolve();
    log.append(piece);
  }
  const late = readAll(log, 0);
  log.close();
  expect(await Promise.all(readers)).toEqual(['before one two three', 'ore one two three', 'one two three']);
  expect(await late).toBe('before one two three');
  expect(await readAll(log, 20)).toBe('');
});

test('a reader that leaves is forgotten, and the others go on', async () => {
  const log = createStreamLog();
  const leaving = new AbortController();
  const left = log.past(0, leaving.signal);
  const stays = readAll(log, 0);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  await expect(log.past(0, leaving.signal)).rejects.toThrow('gone');
  log.append('text');
  log.close();
  expect(await stays).toBe('text');
});

test('what is there already needs no waiting', async () => {
  const log = createStreamLog();
  log.append('abc');
  await log.past(2, never);
  log.close();
  await log.past(3, never);
  expect(log.from(3)).toBe('');
});
