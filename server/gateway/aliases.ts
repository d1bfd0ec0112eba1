import type { FastifyBaseLogger } from 'fastify';
import type { Schema } from '../db/schema.ts';
import { retiredModels, type RetiredModel } from './alias-table.ts';

/** The shipped table with what administrators have changed of it, looked at again every few seconds. */
export interface Aliases {
  find(name: string): RetiredModel | undefined;
  /** By name. */
  all(): RetiredModel[];
  /** Looks at once, after a change of this instance. */
  refresh(): Promise<void>;
  close(): void;
}

const EVERY_MS = 5_000;

export async function createAliases(
  readRows: () => Promise<Schema['model_aliases'][]>,
  logger: FastifyBaseLogger,
): Promise<Aliases> {
  let table = new Map<string, RetiredModel>();
  async function refresh(): Promise<void> {
    const changed = (await readRows()).map(({ name, targets, shutdown_date: shutdownDate, source }): RetiredModel => ({
      name,
      targets: JSON.parse(targets),
      shutdownDate,
      source,
    }));
    table = new Map([...retiredModels, ...changed].map((row) => [row.name, row]));
  }
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => logger.warn({ err: error }, 'could not read the names of models'));
  }, EVERY_MS);
  timer.unref();
  return {
    find: (name) => table.get(name),
    all: () => [...table.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    refresh,
    close: () => clearInterval(timer),
  };
}
