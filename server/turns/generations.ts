import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamLog } from '../streams/stream-log.ts';
import type { Generation, GenerationParts, GenerationPlan, StopReason } from './generation.ts';
import { startGeneration } from './generation.ts';
import { countElsewhere, findWanted, requestStop, type GenerationFilter } from './instances.store.ts';

/** The generations that this process is writing. */
export interface Generations {
  /** Says that one is being stored under this id. What it gives says that this is over, well or not. */
  expect(id: string): () => void;
  /** Whether this process writes it, or is about to. */
  knows(id: string): boolean;
  start(plan: GenerationPlan): Generation;
  /** An own one that is under way here; undefined for another user's and for ended ones. */
  find(id: string, userId: number): Generation | undefined;
  /** The log of one that is under way here, for another instance. */
  findLog(id: string): StreamLog | undefined;
  /** Ends what a user has under way, here and on other instances, and waits until that is stored. */
  stop(filter: GenerationFilter): Promise<void>;
  readonly count: number;
  /** Tells of every one that begins. */
  onStart(listener: (generation: Generation) => void): void;
  /** Waits for all of them, at most `timeoutMs`; then ends the rest as interrupted, and what still comes at once. */
  drain(timeoutMs: number): Promise<void>;
}

export interface GenerationsParts extends GenerationParts {
  instanceId: string;
}

/** How often an instance looks for stops that another one was asked for. */
const LOOK_EVERY_MS = 1_000;
/** How long a stop waits for the other instance; a dead one's generations end by its missing heartbeat. */
const ELSEWHERE_MS = 5_000;
/** How often a closing server looks for what is on its way to start. */
const STARTING_MS = 10;
/** What a closing server waits for the end of its answers to be stored. */
const LAST_STORE_MS = 3_000;

export function createGenerations(parts: GenerationsParts): Generations {
  const { database, instanceId } = parts;
  const running = new Map<string, Generation>();
  const expected = new Set<string>();
  const shared = database.kind === 'postgres';
  const looking = shared ? setInterval(() => void look(), LOOK_EVERY_MS) : undefined;
  looking?.unref();
  const listeners: ((generation: Generation) => void)[] = [];
  let closed = false;

  async function end(generations: Generation[], why: StopReason): Promise<void> {
    for (const generation of generations) generation.stop(why);
    await Promise.all(generations.map((generation) => generation.outcome));
  }

  /** Stops what another instance was asked to stop, and what is no longer in the store. */
  async function look(): Promise<void> {
    const known = [...running.values()];
    if (known.length === 0) return;
    try {
      const wanted = new Set(await findWanted(database.read, { instanceId }));
      for (const generation of known) if (!wanted.has(generation.plan.id)) generation.stop('stopped');
    } catch (error) {
      parts.logger.warn({ err: error }, 'could not look for answers to stop');
    }
  }

  async function stopElsewhere(filter: GenerationFilter): Promise<void> {
    const asked = { ...filter, instanceId };
    if ((await database.write(requestStop, asked)) === 0) return;
    const until = performance.now() + ELSEWHERE_MS;
    while (performance.now() < until && (await countElsewhere(database.read, asked)) > 0) await sleep(100);
  }

  return {
    expect: (id) => {
      expected.add(id);
      return () => void expected.delete(id);
    },
    knows: (id) => running.has(id) || expected.has(id),
    start: (plan) => {
      const generation = startGeneration(plan, parts);
      running.set(plan.id, generation);
      for (const listener of listeners) listener(generation);
      void generation.outcome.finally(() => running.delete(plan.id));
      if (closed) generation.stop('shutdown');
      return generation;
    },
    find: (id, userId) => {
      const generation = running.get(id);
      return generation?.plan.userId === userId ? generation : undefined;
    },
    findLog: (id) => running.get(id)?.log,
    stop: async (filter) => {
      const { userId, id, promptId, sessionId } = filter;
      const own = [...running.values()].filter(
        ({ plan }) =>
          plan.userId === userId &&
          (id === undefined || plan.id === id) &&
          (promptId === undefined || plan.promptId === promptId) &&
          (sessionId === undefined || plan.sessionId === sessionId),
      );
      await end(own, 'stopped');
      if (shared) await stopElsewhere(filter);
    },
    onStart: (listener) => void listeners.push(listener),
    get count() {
      return running.size;
    },
    drain: async (timeoutMs) => {
      const until = performance.now() + timeoutMs;
      while (running.size + expected.size > 0 && performance.now() < until) {
        const all = Promise.all([...running.values()].map((generation) => generation.outcome));
        // What is on its way to start is waited for too.
        await within(until - performance.now(), running.size > 0 ? all : sleep(STARTING_MS));
      }
      closed = true;
      await within(LAST_STORE_MS, end([...running.values()], 'shutdown'));
      clearInterval(looking);
    },
  };
}

async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([work, sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
}
