import type { Database } from '../db/database.ts';
import { noteProgress, type Settlement } from '../spend/progress.store.ts';

/** Shorter answers are not noted: their end is. */
const FIRST_NOTE_MS = 250;
/** Between two sweeps; a database that is slow has as long to itself as the last one took. */
const SHORTEST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
/** An answer is noted again when it has grown by this part … */
const GROWTH = 0.02;
/** … or after so long, while the tokenizer has not counted what was noted of it. */
const NOTED_AGAIN_MS = 1_000;
/** What is expected of an answer until it is noted again is never more than this part of it. */
const MOST_EXPECTED = 0.1;
/** Calls of one statement. */
const MOST_AT_ONCE = 200;

/** An answer that is going out to its client. */
export interface RunningAnswer {
  /** How long it is by now, in any unit. */
  length: () => number;
  /** What it would be settled with if it ended when it has grown by this part. */
  settlement: (growth: number) => Settlement;
  /** What it would be settled with changes without its growing: something is being counted. */
  counting: () => boolean;
}

interface Noted {
  answer: RunningAnswer;
  since: number;
  /** When it was noted last, how long it was then, whether it was growing, and whether all of that was counted. */
  notedAt: number;
  length: number;
  grew: boolean;
  counted: boolean;
}

/**
 * Notes in the ledger how far the answers of this process have come, all that have grown in one statement: what
 * a kill -9 finds noted is what it settles. A note is some milliseconds old when it is found, so it holds what
 * an answer is expected to come to in the middle of that time: it errs to both sides, by half as much.
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
  /** Milliseconds that the last sweep took, until all of it was stored. */
  let took = 0;

  const pause = () => Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, took));

  function isDue({ answer, since, notedAt, length, grew, counted }: Noted, now: number): boolean {
    if (now - since < FIRST_NOTE_MS) return false;
    const grown = answer.length() - length;
    // One that stands still is noted once more, without what was expected of it.
    return grown > length * GROWTH || (grown === 0 && grew) || (!counted && now - notedAt >= NOTED_AGAIN_MS);
  }

  /** The part by which an answer grows until its note is likely to be found: half way to the next one. */
  function expected(age: number): number {
    const untilNext = Math.max(took + pause(), age * GROWTH);
    return Math.min(MOST_EXPECTED, (took + untilNext / 2) / age);
  }

  function noteOf(id: number, noted: Noted, now: number): { id: number; settlement: string } {
    const { answer } = noted;
    const length = answer.length();
    const grew = length > noted.length;
    const settlement = JSON.stringify(answer.settlement(grew ? expected(now - noted.since) : 0));
    Object.assign(noted, { notedAt: now, length, grew, counted: !answer.counting() });
    return { id, settlement };
  }

  async function sweep(): Promise<void> {
    const startedAt = performance.now();
    const due = [...running].filter(([, noted]) => isDue(noted, startedAt));
    for (let from = 0; from < due.length; from += MOST_AT_ONCE) {
      const now = performance.now();
      const calls = due.slice(from, from + MOST_AT_ONCE).map(([id, noted]) => noteOf(id, noted, now));
      // The end of a call stores what it came to; a note in between may fail.
      await database.write(noteProgress, { calls, now: clock() }).catch(() => undefined);
    }
    if (due.length > 0) took = performance.now() - startedAt;
    timer = undefined;
    plan(pause());
  }

  function plan(milliseconds: number): void {
    if (timer || closed || running.size === 0) return;
    timer = setTimeout(() => void sweep(), milliseconds);
    timer.unref();
  }

  return {
    begin: (id, answer) => {
      const since = performance.now();
      running.set(id, { answer, since, notedAt: since, length: -1, grew: false, counted: false });
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
