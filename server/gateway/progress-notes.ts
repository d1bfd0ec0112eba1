import type { Database } from '../db/database.ts';
import { noteProgress, type Settlement } from '../spend/progress.store.ts';

/** Shorter answers are not noted: their end is. */
const FIRST_NOTE_MS = 250;
/** Between two sweeps; a database that is slow has four times as long to itself. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
const PAUSES = 4;
/** An answer is noted again when it has grown so much … */
const GROWTH = 1.01;
/** … or after so long, while the tokenizer has not counted what was noted of it. */
const NOTED_AGAIN_MS = 1_000;
/** Calls of one statement. */
const MOST_AT_ONCE = 200;

/** An answer that is going out to its client. */
export interface RunningAnswer {
  /** How long it is by now, in any unit. */
  length: () => number;
  settlement: () => Settlement;
  /** What it would be settled with changes without its growing: something is being counted. */
  counting: () => boolean;
}

interface Noted {
  answer: RunningAnswer;
  since: number;
  /** When it was noted last, how long it was then, and whether all of that was counted. */
  notedAt: number;
  length: number;
  counted: boolean;
}

/**
 * Notes in the ledger how far the answers of this process have come, all that have grown in one statement: what
 * a kill -9 finds noted is what it settles.
 */
export interface ProgressNotes {
  begin(id: number, answer: RunningAnswer): void;
  forget(id: number): void;
  close(): void;
}

export function createProgressNotes(database: Database, clock: () => number): ProgressNotes {
  const running = new Map<number, Noted>();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function dueNow(now: number): [id: number, noted: Noted][] {
    return [...running].filter(([, { answer, since, notedAt, length, counted }]) => {
      if (now - since < FIRST_NOTE_MS) return false;
      return answer.length() > length * GROWTH || (!counted && now - notedAt >= NOTED_AGAIN_MS);
    });
  }

  async function note(due: [id: number, noted: Noted][]): Promise<void> {
    const calls = due.map(([id, noted]) => {
      const { answer } = noted;
      const settlement = JSON.stringify(answer.settlement());
      Object.assign(noted, { notedAt: performance.now(), length: answer.length(), counted: !answer.counting() });
      return { id, settlement };
    });
    await database.write(noteProgress, { calls, now: clock() });
  }

  async function sweep(): Promise<void> {
    const startedAt = performance.now();
    const due = dueNow(startedAt);
    for (let from = 0; from < due.length; from += MOST_AT_ONCE) {
      // The end of a call stores what it came to; a note in between may fail.
      await note(due.slice(from, from + MOST_AT_ONCE)).catch(() => undefined);
    }
    timer = undefined;
    plan((performance.now() - startedAt) * PAUSES);
  }

  function plan(pauseMs: number): void {
    if (timer || closed || running.size === 0) return;
    timer = setTimeout(() => void sweep(), Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, pauseMs)));
    timer.unref();
  }

  return {
    begin: (id, answer) => {
      const since = performance.now();
      running.set(id, { answer, since, notedAt: since, length: -1, counted: false });
      plan(FIRST_NOTE_MS);
    },
    forget: (id) => {
      running.delete(id);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
