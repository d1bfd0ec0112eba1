import type { IntakeQuestion, NextQuestion, Session, SessionPrompt, SessionRow } from '#contracts/sessions.ts';
import type { Visitor } from '../http/visitor.ts';
import { showSources } from '../turns/show-turn.ts';
import type { MessageRow, SessionDetails } from './sessions.store.ts';

function toIso(instant: number): string {
  return new Date(instant).toISOString();
}

/** The prompts of the branch that ends with `headId`, the oldest first. */
export function branchOf(messages: MessageRow[], headId: number | null): MessageRow[] {
  const prompts = new Map(messages.filter((row) => row.role === 'user').map((row) => [row.id, row]));
  const branch: MessageRow[] = [];
  let prompt = headId === null ? [...prompts.values()].at(-1) : prompts.get(headId);
  while (prompt) {
    branch.push(prompt);
    prompt = prompts.get(prompt.parent_id ?? 0);
  }
  return branch.toReversed();
}

export function showPrompts(
  messages: MessageRow[],
  headId: number | null,
  streams: Map<number, string>,
  intake: IntakeQuestion[],
): SessionPrompt[] {
  const replies = Map.groupBy(
    messages.filter((row) => row.role === 'assistant'),
    (row) => row.parent_id,
  );
  const versions = Map.groupBy(
    messages.filter((row) => row.role === 'user'),
    (row) => row.parent_id,
  );
  return branchOf(messages, headId).map((prompt, index) => {
    const answers = replies.get(prompt.id) ?? [];
    return {
      id: prompt.id,
      kind: prompt.kind as SessionPrompt['kind'],
      content: prompt.content,
      // The answers of the intake come before everything else.
      ...(prompt.kind === 'question' || !intake[index] ? {} : { question: intake[index].question }),
      created_at: toIso(prompt.created_at),
      status: prompt.status,
      stream_id: streams.get(prompt.id) ?? null,
      replies: answers.map((reply) => ({
        id: reply.id,
        content: reply.content,
        model: reply.model,
        created_at: toIso(reply.created_at),
        ...showSources(reply),
        ...(reply.mark ? { mark: reply.mark } : {}),
      })),
      chosen: answers.find((reply) => reply.chosen === 1)?.id ?? null,
      versions: (versions.get(prompt.parent_id) ?? []).map(({ id }) => id),
    };
  });
}

/** The question of the intake that comes after `answered` answers; null where all have been given. */
export function nextQuestionOf(intake: IntakeQuestion[], answered: number): NextQuestion | null {
  const question = intake[answered];
  return question ? { ...question, number: answered + 1, of: intake.length } : null;
}

function showFields(row: SessionDetails, visitor: Visitor | undefined, answered: number) {
  const mine = visitor?.id === row.user_id;
  const seesAddress = mine || visitor?.role === 'administrator';
  return {
    id: row.id,
    bot: row.bot,
    title: row.title,
    status: row.status,
    visibility: row.visibility,
    pinned: row.pinned === 1,
    next_question: row.status === 'intake' ? nextQuestionOf(JSON.parse(row.intake), answered) : null,
    created_at: toIso(row.created_at),
    updated_at: toIso(row.updated_at),
    user: (seesAddress ? row.email : null) ?? row.nickname,
    mine,
  };
}

function withoutMarks(messages: MessageRow[]): MessageRow[] {
  return messages.map((message) => ({ ...message, mark: null }));
}

export function showSession(
  row: SessionDetails,
  visitor: Visitor | undefined,
  messages: MessageRow[],
  streams: Map<number, string>,
): Session {
  const answered = messages.filter(({ kind }) => kind !== 'question' && kind !== 'reply').length;
  const intake = JSON.parse(row.intake);
  // A stream is for its owner to follow, and so are marks; the public reads what is stored.
  const prompts =
    visitor?.id === row.user_id
      ? showPrompts(messages, row.head_id, streams, intake)
      : showPrompts(withoutMarks(messages), row.head_id, new Map(), intake);
  return {
    ...showFields(row, visitor, answered),
    prompts,
  };
}

export function showSessionRow(row: SessionDetails, visitor: Visitor | undefined, excerpt: string): SessionRow {
  return { ...showFields(row, visitor, 0), excerpt };
}
