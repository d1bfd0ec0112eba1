import { expect, test } from 'vitest';
import { checkAnswer, draftOfSession, emptyDraft, hasAnswers, readDraft, withAnswer } from './guided-draft.ts';
import type { IntakeQuestion, Session } from '#contracts/sessions.ts';

const intake: IntakeQuestion[] = [
  { kind: 'current_state', question: '지금은?', required: true },
  { kind: 'misc', question: '그 밖에는?', required: false },
];

test('answers come back after a reload, at the step where they were left', () => {
  const draft = { ...withAnswer(emptyDraft(intake), 0, '달리기를 시작했어요'), step: 1 };
  expect(readDraft(JSON.stringify(draft), intake)).toEqual({ draft, changed: false });
  expect(hasAnswers(draft)).toBe(true);
});

test('answers to other questions are not taken for answers to these', () => {
  const other = emptyDraft([{ ...intake[0]!, question: '어제는?' }, intake[1]!]);
  expect(readDraft(JSON.stringify(other), intake)).toEqual({ changed: true });
});

test('what is no draft is no draft', () => {
  expect(readDraft('', intake)).toEqual({ changed: false });
  expect(readDraft('{"answers"', intake)).toEqual({ changed: false });
  expect(readDraft(JSON.stringify({ ...emptyDraft(intake), step: 7 }), intake)).toEqual({ changed: false });
});

test('a required answer must not be blank, and a short one is questioned once only', () => {
  expect(checkAnswer('  ', true, false)).toBe('empty');
  expect(checkAnswer('', false, false)).toBeUndefined();
  expect(checkAnswer('짧아', true, false)).toBe('short');
  expect(checkAnswer('짧아', true, true)).toBeUndefined();
  expect(checkAnswer('이만하면 길어요', true, false)).toBeUndefined();
});

test('answers that the server holds are gone on with, as long as the bot still asks the same', () => {
  const prompts = [{ question: '지금은?', content: '달리기를 시작했어요' }];
  const session = { id: 7, prompts } as Session;
  expect(draftOfSession(session, intake).draft).toMatchObject({
    answers: ['달리기를 시작했어요', ''],
    step: 1,
    sessionId: 7,
  });
  expect(draftOfSession(session, [{ ...intake[0]!, question: '어제는?' }, intake[1]!])).toEqual({ changed: true });
});
