import { expect, test } from 'vitest';
import type { BotContent } from '#contracts/bots.ts';
import { checkBot, contentOf, differences, formOf, isSame } from './bot-form.ts';

const content: BotContent = {
  name: '코치',
  description: '',
  greeting: '',
  starters: ['안녕'],
  instructions: '짧게',
  model: null,
  temperature: 0.5,
  max_tokens: null,
  intake: [{ kind: 'goal', question: '목표는?', required: true }],
  default_visibility: 'private',
  reads_quotes: false,
};

test('a bot that was only looked at is saved as it was', () => {
  expect(contentOf(formOf(content))).toEqual(content);
  expect(isSame(formOf(content), formOf(content))).toBe(true);
  // The server keeps names without what nobody sees.
  expect(isSame({ ...formOf(content), name: ' 코치 ' }, formOf(content))).toBe(true);
});

test('empty numbers are none, empty starters are left out, and what the server refuses is found before', () => {
  const form = { ...formOf(content), temperature: ' ', starters: [{ key: 'a', text: ' ' }] };
  expect(contentOf(form)).toMatchObject({ temperature: null, starters: [] });
  const wrong = {
    ...form,
    name: ' ',
    temperature: '3',
    max_tokens: '1.5',
    intake: [{ ...form.intake[0]!, question: '' }],
  };
  expect([...checkBot(wrong)]).toEqual(['name', `intake-${wrong.intake[0]!.key}`, 'temperature', 'max_tokens']);
  expect(checkBot({ ...form, temperature: 'abc' }).has('temperature')).toBe(true);
});

test('what another person has changed is named', () => {
  expect(differences(content, { ...content, name: '선생님', temperature: 1 })).toEqual(['name', 'temperature']);
});
