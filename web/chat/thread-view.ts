import type { Session } from '#contracts/sessions.ts';
import type { ApiProblem } from '../lib/api-client.ts';
import { storedTurn, type ShownTurn } from './shown-turn.ts';

/** A message that the server did not take. Its text goes back to the composer. */
export interface Refusal {
  problem: ApiProblem;
  question: string;
  /** Sent again with the same key, the message can't be asked twice. */
  key: string;
}

export interface ThreadView {
  sessionId: number | undefined;
  title: string | undefined;
  bot: string | undefined;
  status: Session['status'];
  visibility: Session['visibility'];
  pinned: boolean;
  /** False for what somebody else has published: it can be read only. */
  mine: boolean;
  load: 'ready' | 'loading' | 'missing' | 'failed';
  turns: readonly ShownTurn[];
  refusal: Refusal | undefined;
}

/** Whether two views say the same but for their turns, which change with every word of an answer. */
export function sameButTurns(one: ThreadView, other: ThreadView): boolean {
  return (Object.keys(one) as (keyof ThreadView)[]).every((key) => key === 'turns' || one[key] === other[key]);
}

/** A conversation as the server has it; turns that are shown already stay the same ones. */
export function storedView(session: Session, shown: readonly ShownTurn[]): Partial<ThreadView> {
  const { title, bot, mine, status, visibility, pinned, prompts } = session;
  const known = new Map(shown.map((turn) => [turn.id, turn]));
  const turns = prompts.map((prompt) => storedTurn(prompt, known.get(prompt.id)));
  return { title, bot, mine, status, visibility, pinned, load: 'ready', turns };
}

export const unknownSession = {
  title: undefined,
  bot: undefined,
  mine: true,
  status: 'open',
  visibility: 'private',
  pinned: false,
} as const;
