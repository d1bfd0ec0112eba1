import type { Generation, GenerationParts, GenerationPlan, StopReason } from './generation.ts';
import { startGeneration } from './generation.ts';

/** The generations that this process is writing. */
export interface Generations {
  start(plan: GenerationPlan): Generation;
  /** An own one that is under way here; undefined for another user's and for ended ones. */
  find(id: string, userId: number): Generation | undefined;
  /** Ends what a user has under way (of one prompt, where it is given) and waits until that is stored. */
  stopAll(userId: number, promptId?: number): Promise<void>;
  readonly count: number;
  /** Waits for all of them, at most `timeoutMs`; then ends the rest as interrupted. */
  drain(timeoutMs: number): Promise<void>;
}

export function createGenerations(parts: GenerationParts): Generations {
  const running = new Map<string, Generation>();

  async function end(generations: Generation[], why: StopReason): Promise<void> {
    for (const generation of generations) generation.stop(why);
    await Promise.all(generations.map((generation) => generation.outcome));
  }

  return {
    start: (plan) => {
      const generation = startGeneration(plan, parts);
      running.set(plan.id, generation);
      void generation.outcome.finally(() => running.delete(plan.id));
      return generation;
    },
    find: (id, userId) => {
      const generation = running.get(id);
      return generation?.plan.userId === userId ? generation : undefined;
    },
    stopAll: (userId, promptId) => {
      const own = [...running.values()].filter(({ plan }) => plan.userId === userId);
      return end(promptId === undefined ? own : own.filter(({ plan }) => plan.promptId === promptId), 'stopped');
    },
    get count() {
      return running.size;
    },
    drain: async (timeoutMs) => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
      const all = Promise.all([...running.values()].map((generation) => generation.outcome));
      await Promise.race([all, timeout]);
      clearTimeout(timer);
      await end([...running.values()], 'shutdown');
    },
  };
}
