import type { Context } from './context.ts';
import { findKnowledge } from './quotes/knowledge.store.ts';
import type { AskParts } from './turns/start-turn.ts';

/** What every way to ask a model needs, be it HTTP or a program. */
export function createAsking(context: Context): AskParts {
  const { config, database, generations, upstream, limits, instanceId, clock } = context;
  return {
    config,
    database,
    generations,
    catalogue: upstream.catalogue,
    findProviders: upstream.find,
    limits,
    instanceId,
    clock,
    findQuotes: (question) => findKnowledge(database.read, question),
  };
}
