import type { Advance, RunError } from './advance-run.store.ts';
import { newId } from './ids.ts';
import { findMessage, type KeptPart } from './messages.store.ts';
import type { AssistantParts } from './parts.ts';
import type { Piece, RunAnswer } from './run-answer.ts';
import { showStep } from './run-document.ts';
import { findStep, readSteps, type RunRow, type StepRow } from './runs.store.ts';
import { annotate, FILE_SEARCH, type SearchResult } from './search-tool.ts';
import { showMessage } from './show-thread.ts';

/** Tells whoever follows a run. */
export type Emit = (event: string, data: object) => void;

type Change = Omit<Advance, 'runId' | 'now'>;

/**
 * Writes an answer into the thread as it comes, one piece after the other: a message with its step where it speaks,
 * a step of tools where it calls; the one ends before the other begins, as clients expect.
 */
export class RunWriter {
  stepId: string | undefined;
  #messageId: string | null = null;
  #text = '';
  #calledTools = false;
  #results: SearchResult[] = [];
  #queue: Promise<void> = Promise.resolve();
  #ended: { message: string | null; step: string | undefined } = { message: null, step: undefined };
  readonly #parts: AssistantParts;
  readonly #run: RunRow;
  readonly #threadId: string;
  readonly #emit: Emit;
  readonly #advance: (change: Change) => Promise<void>;

  constructor(
    parts: AssistantParts,
    { run, threadId }: { run: RunRow; threadId: string },
    emit: Emit,
    advance: (change: Change) => Promise<void>,
  ) {
    this.#parts = parts;
    this.#run = run;
    this.#threadId = threadId;
    this.#emit = emit;
    this.#advance = advance;
  }

  take(answer: RunAnswer, pieces: Piece[]): void {
    for (const piece of pieces) {
      this.#queue = this.#queue.then(() => this.#write(answer, piece));
      // Whoever waits for the queue gets its failure; until then it is nobody's.
      this.#queue.catch(() => undefined);
    }
  }

  /** Everything that was taken is written. */
  settled(): Promise<void> {
    return this.#queue;
  }

  /** What a look in between saves. */
  growing(): { messageId: string | null; text: string } {
    return { messageId: this.#messageId, text: this.#text };
  }

  /** The run has called a tool before: in this stretch, or in one whose outputs it goes on with. */
  calledTools(run: RunRow): boolean {
    return this.#calledTools || run.prompt_tokens > 0;
  }

  /** How many passages the run has found so far. */
  async countFound(): Promise<number> {
    await this.#restore();
    return this.#results.length;
  }

  /** Passages that the coming answer may cite. */
  found(results: SearchResult[]): void {
    this.#results.push(...results);
  }

  async #write(answer: RunAnswer, piece: Piece): Promise<void> {
    if (piece.kind === 'tool') return this.#writeTool(answer, piece);
    if (this.#messageId === null) await this.#beginMessage();
    this.#text += piece.text;
    this.#emit('thread.message.delta', {
      id: this.#messageId,
      object: 'thread.message.delta',
      delta: { content: [{ index: 0, type: 'text', text: { value: piece.text } }] },
    });
  }

  async #beginMessage(): Promise<void> {
    await this.#restore();
    const messageId = newId('msg');
    const stepId = newId('step');
    const { public_id: runId, assistant_id: assistantId } = this.#run;
    const now = this.#parts.clock();
    const made = { id: messageId, role: 'assistant' as const, content: [], attachments: [], metadata: {}, now };
    await this.#advance({
      newMessage: { ...made, assistantId, runId, status: 'in_progress' },
      newStep: {
        id: stepId,
        kind: 'message_creation',
        details: JSON.stringify({ type: 'message_creation', message_creation: { message_id: messageId } }),
      },
    });
    this.#messageId = messageId;
    this.stepId = stepId;
    await this.#tellStep(stepId, 'created', 'in_progress');
    await this.#tellMessage(messageId, 'created', 'in_progress');
  }

  /** What an earlier stretch has found may be cited as well. */
  async #restore(): Promise<void> {
    if (this.#results.length > 0) return;
    for (const step of await readSteps(this.#parts.database.read, this.#run.id)) {
      const { tool_calls: calls = [] } = JSON.parse(step.details) as {
        tool_calls?: { file_search?: { results?: SearchResult[] } }[];
      };
      for (const call of calls) this.#results.push(...(call.file_search?.results ?? []));
    }
  }

  async #writeTool(answer: RunAnswer, piece: Extract<Piece, { kind: 'tool' }>): Promise<void> {
    if (this.#messageId !== null) {
      await this.#advance(this.endMessage(answer, null));
      await this.tellEnded();
    }
    if (!this.stepId) {
      this.stepId = newId('step');
      this.#calledTools = true;
      const details = JSON.stringify({ type: 'tool_calls', tool_calls: [] });
      await this.#advance({ newStep: { id: this.stepId, kind: 'tool_calls', details } });
      await this.#tellStep(this.stepId, 'created', 'in_progress');
    }
    const { id, name } = answer.tools[piece.index]!;
    const { index } = piece;
    const search = name.startsWith(FILE_SEARCH);
    if (search && !piece.fresh) return;
    const begin = piece.fresh ? { id, name: piece.name } : {};
    const call = search
      ? { index, id, type: 'file_search', file_search: {} }
      : {
          index,
          ...('id' in begin ? { id: begin.id } : {}),
          type: 'function',
          function: { ...('name' in begin ? { name: begin.name, output: null } : {}), arguments: piece.arguments },
        };
    this.#emit('thread.run.step.delta', {
      id: this.stepId,
      object: 'thread.run.step.delta',
      delta: { step_details: { type: 'tool_calls', tool_calls: [call] } },
    });
  }

  /** How the message that is open ends, and the step that made it. `reason`: why it is not whole. */
  endMessage(answer: RunAnswer | undefined, reason: string | null): Required<Pick<Change, 'message' | 'step'>> {
    const annotations = annotate(this.#text, this.#results);
    const content: KeptPart[] = this.#text === '' ? [] : [{ type: 'text', text: { value: this.#text, annotations } }];
    const id = this.#messageId!;
    if (annotations.length > 0) {
      const numbered = annotations.map((annotation, index) => ({ index, ...annotation }));
      this.#emit('thread.message.delta', {
        id,
        object: 'thread.message.delta',
        delta: { content: [{ index: 0, type: 'text', text: { annotations: numbered } }] },
      });
    }
    const step = this.stepId!;
    this.#ended = { message: id, step };
    const status = reason === null ? 'completed' : 'incomplete';
    this.#messageId = null;
    this.stepId = undefined;
    this.#text = '';
    return {
      message: { id, content, status, reason, model: answer?.model ?? '' },
      step: { id: step, status: 'completed' },
    };
  }

  /** How what is open ends when the run breaks off. */
  broken(
    answer: RunAnswer | undefined,
    reason: string,
    status: 'cancelled' | 'expired' | 'failed',
    error: RunError | null,
  ): Pick<Change, 'message' | 'step'> {
    if (this.#messageId !== null) {
      const ended = this.endMessage(answer, reason);
      return { ...ended, step: { ...ended.step, status, error } };
    }
    if (!this.stepId) return {};
    const id = this.stepId;
    this.#ended = { message: null, step: id };
    this.stepId = undefined;
    return { step: { id, status, error } };
  }

  /** Tells the ends that are stored now. */
  async tellEnded(): Promise<void> {
    const { message, step } = this.#ended;
    const open = step ?? this.stepId;
    this.#ended = { message: null, step: undefined };
    if (message) await this.#tellMessage(message);
    if (!open) return;
    const row = await findStep(this.#parts.database.read, { runId: this.#run.id, id: open });
    if (!row || row.status === 'in_progress') return;
    this.#emit(`thread.run.step.${row.status}`, this.#show(row));
    if (open === this.stepId) this.stepId = undefined;
  }

  #show(row: StepRow): object {
    return showStep(row, this.#run, this.#threadId);
  }

  async #tellStep(id: string, ...events: string[]): Promise<void> {
    const row = await findStep(this.#parts.database.read, { runId: this.#run.id, id });
    if (row) for (const event of events) this.#emit(`thread.run.step.${event}`, this.#show(row));
  }

  /** Tells the state of a message: the named ones, or the one it has. */
  async #tellMessage(id: string, ...events: string[]): Promise<void> {
    const row = await findMessage(this.#parts.database.read, { sessionId: this.#run.session_id, id });
    if (!row) return;
    const shown = showMessage(row, this.#threadId);
    for (const event of events.length > 0 ? events : [shown.status]) this.#emit(`thread.message.${event}`, shown);
  }
}
