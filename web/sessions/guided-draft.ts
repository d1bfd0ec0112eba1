import type { IntakeQuestion, Session } from '#contracts/sessions.ts';

/** The answers of a guided session before the model is asked; kept in this browser while they are written. */
export interface GuidedDraft {
  /** The questions that were answered: others need other answers. */
  questions: string[];
  answers: string[];
  /** The question that is shown; as many as there are questions: the summary. */
  step: number;
  /** The summary has been seen: whoever changes an answer goes back to it. */
  reviewing?: boolean;
  /** The session that holds the answers already, where asking failed halfway. */
  sessionId?: number | undefined;
}

export function emptyDraft(intake: IntakeQuestion[]): GuidedDraft {
  return { questions: intake.map(({ question }) => question), answers: intake.map(() => ''), step: 0 };
}

/** What was kept, or undefined where nothing usable was; `changed`: the bot asks something else by now. */
export function readDraft(text: string, intake: IntakeQuestion[]): { draft?: GuidedDraft; changed: boolean } {
  if (!text) return { changed: false };
  try {
    const draft = JSON.parse(text) as GuidedDraft;
    const same =
      draft.questions.length === intake.length &&
      draft.questions.every((question, index) => question === intake[index]?.question);
    const whole =
      draft.answers.length === intake.length &&
      draft.answers.every((answer) => typeof answer === 'string') &&
      draft.step >= 0 &&
      draft.step <= intake.length;
    if (!same) return { changed: true };
    return whole ? { draft, changed: false } : { changed: false };
  } catch {
    return { changed: false };
  }
}

/** The answers that a session holds already; `changed`: the bot asks something else by now. */
export function draftOfSession({ id, prompts }: Session, intake: IntakeQuestion[]): ReturnType<typeof readDraft> {
  const same = prompts.every(({ question }, index) => question === intake[index]?.question);
  if (!same) return { changed: true };
  const answers = intake.map((_, index) => prompts[index]?.content ?? '');
  return { draft: { ...emptyDraft(intake), answers, step: prompts.length, sessionId: id }, changed: false };
}

export function hasAnswers({ answers }: GuidedDraft): boolean {
  return answers.some((answer) => answer.trim() !== '');
}

export function withAnswer(draft: GuidedDraft, index: number, answer: string): GuidedDraft {
  return { ...draft, answers: draft.answers.map((each, at) => (at === index ? answer : each)) };
}

export type Refused = 'empty' | 'short';
const SHORT = 5;

/** Why an answer is not taken yet. A short one is questioned once only. */
export function checkAnswer(answer: string, required: boolean, hinted: boolean): Refused | undefined {
  const { length } = [...answer.trim()];
  if (length === 0) return required ? 'empty' : undefined;
  return length < SHORT && !hinted ? 'short' : undefined;
}
