import type { Database } from '../db/database.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import type { AnswerReader } from './answer-reader.ts';
import { noteProgress } from './gateway.store.ts';

const FIRST_NOTE_MS = 1_000;
const NEXT_NOTES_MS = 5_000;

interface Running {
  reader: AnswerReader;
  promptTokens: Promise<number> | undefined;
  countPrompt: () => Promise<number>;
  notedAt: number;
}

/** Notes in the ledger how far the streams of this process have come: after a second, then every five. */
export interface ProgressNotes {
  begin(id: number, reader: AnswerReader, countPrompt: () => Promise<number>): void;
  forget(id: number): void;
  close(): void;
}

export function createProgressNotes(database: Database, clock: () => number): ProgressNotes {
  const running = new Map<number, Running>();

  async function note(): Promise<void> {
    const now = performance.now();
    const due = [...running].filter(([, call]) => now >= call.notedAt);
    if (due.length === 0) return;
    const calls = await Promise.all(
      due.map(async ([id, call]) => {
        call.notedAt = now + NEXT_NOTES_MS;
        call.promptTokens ??= call.countPrompt();
        return { id, promptTokens: await call.promptTokens, completionTokens: estimateTokens(call.reader.text) };
      }),
    );
    await database.write(noteProgress, { calls, now: clock() });
  }

  const timer = setInterval(() => {
    // The end of a call stores what it came to; a note in between may fail.
    note().catch(() => undefined);
  }, FIRST_NOTE_MS);
  timer.unref();
  return {
    begin: (id, reader, countPrompt) => {
      if (running.has(id)) return;
      running.set(id, { reader, countPrompt, promptTokens: undefined, notedAt: performance.now() + FIRST_NOTE_MS });
    },
    forget: (id) => {
      running.delete(id);
    },
    close: () => clearInterval(timer),
  };
}
