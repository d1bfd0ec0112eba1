import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeltaTemplate } from './delta-template.ts';

const chunk = (content: string, rest: object = {}) =>
  JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content }, finish_reason: null }], ...rest });

function read(template: DeltaTemplate, data: string): string | undefined {
  const bytes = Buffer.from(`\ndata: ${data}\n\n`);
  return template.read(bytes, 1, bytes.length - 2);
}

test('an event of the learnt form gives the same text as JSON.parse, any other gives none', () => {
  const contents = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('"', '\\', '"content":"x"', '","a":"', '안녕'),
  );
  fc.assert(
    fc.property(contents, contents, fc.boolean(), (first, second, more) => {
      const template = new DeltaTemplate();
      template.learn(chunk(first), first);
      const told = read(template, chunk(second, more ? { usage: { prompt_tokens: 1 } } : {}));
      expect(told === undefined || (told === second && !more)).toBe(true);
    }),
  );
});

test('plain text of the learnt form is read without parsing', () => {
  const template = new DeltaTemplate();
  template.learn(chunk('Hello'), 'Hello');
  expect(read(template, chunk(' 안녕하세요'))).toBe(' 안녕하세요');
  expect(read(template, chunk(' wörld', { usage: null }))).toBeUndefined();
});

test('an event that has a second content is not learnt', () => {
  const template = new DeltaTemplate();
  template.learn('{"content":"a","choices":[{"delta":{"content":"b"}}]}', 'b');
  expect(read(template, '{"content":"a","choices":[{"delta":{"content":"c"}}]}')).toBeUndefined();
});
