import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '#server/errors.ts';
import { ask } from '#test/ask-provider.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import type { ScriptedProvider } from '#test/scripted-provider.ts';
import { createOpenAiProvider } from './openai.ts';
import type { OpenAiProvider } from './openai.ts';

let scripted: ScriptedProvider;
let provider: OpenAiProvider;

beforeAll(async () => {
  scripted = await startScriptedProvider();
  provider = await createOpenAiProvider({ baseUrl: scripted.url });
});
afterEach(() => scripted.reset());
afterAll(async () => {
  await provider.close();
  await scripted.close();
});

const goldenText = '안녕, 세계 "하나"\n👩‍👩‍👧 😀끝';

/** An answer with Hangul, an emoji split over two events, an escaped character and a usage. */
function goldenStream(lineEnd: string): Buffer {
  const chunk = (delta: object, finish: string | null = null) =>
    JSON.stringify({ model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });
  const events = [
    chunk({ role: 'assistant', content: '' }),
    ...['안녕', ', 세계 ', '"하나"\n', '👩‍👩‍👧 \ud83d', '\ude00', '끝'].map((content) => chunk({ content })),
    chunk({}, 'stop'),
    JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 9 } }),
    '[DONE]',
  ];
  return Buffer.from(events.map((data) => `data: ${data}${lineEnd}${lineEnd}`).join(''));
}

/** Runs `check` for every number below `count`, 32 at a time. */
async function forEach(count: number, check: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      next += 1;
      await check(next - 1);
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
}

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('a stream with %s', (_name, lineEnd) => {
  const golden = goldenStream(lineEnd);
  const doneAt = golden.indexOf('[DONE]') + 6;

  test.each(['end', 'cut'] as const)(
    'that breaks (%s) at any byte gives a prefix of its text and one failure, never a clean end',
    async (fault) => {
      const outcomes: unknown[] = [];
      scripted.setDefault(({ question }) => ({ raw: golden, fault, afterBytes: Number(question), packets: 'one' }));
      await forEach(golden.length + 1, async (offset) => {
        const { text, result, failure } = await ask(provider.chat, String(offset));
        expect(goldenText.startsWith(text)).toBe(true);
        expect(text.isWellFormed()).toBe(true);
        outcomes[offset] = result ? `${result.finishReason}: ${text}` : (failure as Problem).code;
      });
      // A proper end of the body needs no blank line after [DONE]; the CR of one is a line end already.
      const firstEnd = fault === 'end' ? doneAt : golden.length - (lineEnd.length - 1);
      expect(outcomes.slice(0, firstEnd)).toEqual(Array(firstEnd).fill('provider_error'));
      expect(outcomes.slice(firstEnd)).toEqual(Array(golden.length + 1 - firstEnd).fill(`stop: ${goldenText}`));
      expect(scripted.requests).toHaveLength(golden.length + 1);
    },
  );

  test('that is reset in the middle of an event is one failure after the text so far', async () => {
    scripted.setDefault({ raw: golden, fault: 'reset', afterBytes: golden.indexOf('세계') + 1, packets: 'one' });
    expect(await ask(provider.chat)).toMatchObject({ text: '안녕', failure: { code: 'provider_error' } });
  });

  test('gives the same text in any packing', async () => {
    scripted.setDefault(({ question }) => ({ raw: golden, packets: Number(question) }));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (size) => {
        const { text, result } = await ask(provider.chat, String(size));
        expect(text).toBe(goldenText);
        expect(result?.usage).toMatchObject({ promptTokens: 3, completionTokens: 9, estimated: false });
      }),
      { numRuns: 15 },
    );
  });
});

describe('an answer that is none', () => {
  test.each([
    ['an event that is not JSON', { fault: 'malformed' }, 'Scripted '],
    ['an error object at status 200', { fault: 'error-event' }, 'Scripted '],
    ['a web page', { fault: 'html' }, ''],
    ['an event called error', { raw: Buffer.from('event: error\ndata: {"message":"no, sk-abcd"}\n\n') }, ''],
    ['an event that is a number', { raw: Buffer.from('data: 1\n\ndata: [DONE]\n\n') }, ''],
    [
      'JSON without choices',
      { raw: Buffer.from('{"detail":"no"}'), headers: { 'content-type': 'application/json' } },
      '',
    ],
    ['broken JSON', { raw: Buffer.from('{"choices":['), headers: { 'content-type': 'application/json' } }, ''],
    ['bytes that are not gzip', { headers: { 'content-encoding': 'gzip' } }, ''],
    ['an unknown encoding', { headers: { 'content-encoding': 'rot13' } }, ''],
    ['no byte at all', { raw: Buffer.from('') }, ''],
  ] as const)('%s is one failure', async (_name, behaviour, text) => {
    scripted.script(behaviour);
    const asked = await ask(provider.chat);
    expect(asked).toMatchObject({ text, failure: { code: 'provider_error', status: 502 } });
    expect(String(asked.failure)).not.toContain('abcd');
  });

  test('after one the next question is answered', async () => {
    scripted.script({ fault: 'malformed' });
    await ask(provider.chat);
    expect((await ask(provider.chat)).result?.finishReason).toBe('stop');
  });

  test('a finish reason without [DONE] is no end, [DONE] without a finish reason is one', async () => {
    scripted.script({ done: false }, { finishReason: null });
    expect((await ask(provider.chat)).failure).toMatchObject({ code: 'provider_error' });
    expect((await ask(provider.chat)).result?.finishReason).toBe('stop');
  });

  test('a connection that stays open after [DONE], silent or not, is closed by us', async () => {
    const impatient = await createOpenAiProvider({ baseUrl: scripted.url, limits: { idleMs: 50 } });
    const done = Buffer.from('data: [DONE]\n\n');
    scripted.script({ fault: 'stall' }, { raw: Buffer.concat(Array(50).fill(done)), packets: done.length, paceMs: 5 });
    expect((await ask(impatient.chat)).result?.finishReason).toBe('stop');
    expect((await scripted.closed(0)).finished).toBe(false);
    expect((await ask(impatient.chat)).result?.finishReason).toBe('stop');
    expect((await scripted.closed(1)).finished).toBe(false);
    await impatient.close();
  });
});
