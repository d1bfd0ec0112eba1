import { Problem } from '../errors.ts';
import { askAside } from './ask-aside.ts';

/** A query that lasts longer makes us look whether the database answers at all. */
const LONG_MS = 2_000;
/** A database that is there says something in this time, be it that it takes nobody more. */
const PROBE_MS = 2_000;
/** So long after it said nothing it is asked for a sign of life at once. */
const DOUBTED_MS = 3_000;

/** Waits for an answer of the database, for as long as the database lives. Throws `database_unavailable`. */
export type Patience = <T>(answer: Promise<T>) => Promise<T>;

/**
 * A paused database, or a network that swallows packets, breaks no connection: whoever has asked would wait for
 * ever. A query may take its time; while it does, another connection is asked for a sign of life.
 */
export function createPatience(database: string): Patience {
  let probing: Promise<boolean> | undefined;
  let doubtedUntil = 0;

  async function look(): Promise<boolean> {
    const lives = await answersAtAll(database);
    doubtedUntil = lives ? 0 : performance.now() + DOUBTED_MS;
    probing = undefined;
    return lives;
  }

  return async (answer) => {
    let timer: NodeJS.Timeout | undefined;
    let answered = false;
    const silent = new Promise<never>((_resolve, reject) => {
      const check = async () => {
        if (!(await (probing ??= look()))) {
          reject(new Problem('database_unavailable', undefined, { retryAfterS: 5, cause: 'it does not answer' }));
        } else if (!answered) timer = setTimeout(check, LONG_MS);
      };
      timer = setTimeout(check, performance.now() < doubtedUntil ? 0 : LONG_MS);
    });
    try {
      return await Promise.race([answer, silent]);
    } finally {
      answered = true;
      clearTimeout(timer);
    }
  };
}

/** A refusal is an answer too: what waits will get its own. */
async function answersAtAll(database: string): Promise<boolean> {
  const sign = await askAside(database, 'select 1', [], PROBE_MS).catch((refusal: unknown) => refusal);
  return sign !== undefined;
}
