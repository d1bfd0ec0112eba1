import type { Database } from '../db/database.ts';
import { noteProgress } from '../spend/progress.store.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import type { AnswerReader } from './answer-reader.ts';

const FIRST_NOTE_MS = 1_000;
const NEXT_NOTES_MS = 5_000;

/** How many tokens were asked: about, at once, and as the tokenizer counts them, in a while. */
export interface PromptSize {
  estimatePrompt: () => number;
  countPrompt: () => Promise<number>;
}

interface Running {
  reader: AnswerReader;
  size: PromptSize;
  promptTokens: number | undefined;
  notedAt: number;
}

/** Notes in the ledger how far the streams of this process have come: after a second, then every five. */
export interface ProgressNotes {
  begin(id: number, reader: AnswerReader, size: PromptSize): void;
  forget(id: number): void;
  close(): void;
}

/** A process that is killed has its first note: it waits for no tokenizer. */
function sizeOf(call: Running): number {
  if (call.promptTokens === undefined) {
    call.promptTokens = call.size.estimatePrompt();
    void call.size.countPrompt().then((counted) => {
      call.promptTokens = counted;
    });
  }
  return call.promptTokens;
}

export function createProgressNotes(database: Database, clock: () => number): ProgressNotes {
  const running = new Map<number, Running>();

  async function note(): Promise<void> {
    const now = performance.now();
    const due = [...running].filter(([, call]) => now >= call.notedAt);
    if (due.length === 0) return;
    const calls = due.map(([id, call]) => {
      call.notedAt = now + NEXT_NOTES_MS;
      return { id, promptTokens: sizeOf(call), completionTokens: estimateTokens(call.reader.text) };
    });
    await database.write(noteProgress, { calls, now: clock() });
  }

  const timer = setInterval(() => {
    // The end of a call stores what it came to; a note in between may fail.
    note().catch(() => undefined);
  }, FIRST_NOTE_MS);
  timer.unref();
  return {
    begin: (id, reader, size) => {
      if (running.has(id)) return;
      running.set(id, { reader, size, promptTokens: undefined, notedAt: performance.now() + FIRST_NOTE_MS });
    },
    forget: (id) => {
      running.delete(id);
    },
    close: () => clearInterval(timer),
  };
}
