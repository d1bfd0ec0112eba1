import { Problem } from '../errors.ts';
import { askAside } from './ask-aside.ts';

export interface PatienceLimits {
  /** A query that lasts longer makes us look whether the database answers at all. */
  longMs: number;
  /** A database that is there says something in this time, be it that it takes nobody more. */
  probeMs: number;
}

// Together well below the five seconds in which a request is refused: a starved machine adds its own.
const USUAL: PatienceLimits = { longMs: 1_250, probeMs: 2_000 };
/** So long after it said nothing it is asked for a sign of life at once. */
const DOUBTED_MS = 3_000;

/**
 * Waits for an answer of the database, for as long as the database lives. Throws `database_unavailable`.
 * `by` 'pool': what is waited for may come without a word of the database, so it is no sign of life.
 */
export type Patience = <T>(answer: Promise<T>, by?: 'database' | 'pool') => Promise<T>;

/**
 * A paused database, or a network that swallows packets, breaks no connection: whoever has asked would wait for
 * ever. A query may take its time; while it does, another connection is asked for a sign of life, and whatever the
 * database says to anybody meanwhile is one too: where a machine is starved, a new connection may take long.
 */
export function createPatience(database: string, { longMs, probeMs }: PatienceLimits = USUAL): Patience {
  let probing: Promise<boolean> | undefined;
  let doubtedUntil = 0;
  let answeredAt = 0;

  async function look(): Promise<boolean> {
    const began = performance.now();
    const lives = (await answersAtAll(database, probeMs)) || answeredAt > began;
    doubtedUntil = lives ? 0 : performance.now() + DOUBTED_MS;
    probing = undefined;
    return lives;
  }

  return async (answer, by = 'database') => {
    let timer: NodeJS.Timeout | undefined;
    let answered = false;
    const silent = new Promise<never>((_resolve, reject) => {
      const check = async () => {
        if (!(await (probing ??= look()))) {
          reject(new Problem('database_unavailable', undefined, { retryAfterS: 5, cause: 'it does not answer' }));
        } else if (!answered) timer = setTimeout(check, longMs);
      };
      timer = setTimeout(check, performance.now() < doubtedUntil ? 0 : longMs);
    });
    try {
      const result = await Promise.race([answer, silent]);
      if (by === 'database') answeredAt = performance.now();
      return result;
    } finally {
      answered = true;
      clearTimeout(timer);
    }
  };
}

/** A refusal is an answer too: what waits will get its own. */
async function answersAtAll(database: string, withinMs: number): Promise<boolean> {
  const sign = await askAside(database, 'select 1', [], withinMs).catch((refusal: unknown) => refusal);
  return sign !== undefined;
}
