import type { TestProject } from 'vitest/node';
import { findPostgres, startPostgres } from './postgres.ts';

/** Starts the PostgreSQL that the whole `postgres` project shares; each test file makes its own databases in it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres(findPostgres()!);
  project.provide('postgresUrl', server.url);
  return () => server.stop();
}
