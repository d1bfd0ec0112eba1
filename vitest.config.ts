import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { findPostgres } from './test/postgres.ts';
import { hasCaddy, hasCompose, hasNginx, hasPromtool } from './test/programs.ts';
import { hasRedis } from './test/redis.ts';

const inCi = process.env.CI === 'true';

/** Says in one line what this machine lacks; in CI that ends the run. */
function needs(what: string, present: boolean): boolean {
  if (present) return true;
  if (inCi) throw new Error(`${what} is missing, and CI=true: its tests have to run.`);
  process.stderr.write(`${what} is not installed here: its tests are skipped.\n`);
  return false;
}

const hasPostgres = needs('PostgreSQL 15 or newer', findPostgres() !== undefined);
needs('Redis', hasRedis);
needs('nginx', hasNginx);
needs('Caddy', hasCaddy);
needs('promtool (Prometheus)', hasPromtool);
needs('docker-compose', hasCompose);
const hasChromium = needs('Chromium', existsSync('/usr/bin/chromium'));

/** Tests that speak to a server run once on each kind of database. */
const onDatabases = ['server/**/*.test.ts', 'test/*.test.ts'];
const withoutDatabase = [
  'server/config.test.ts',
  'server/documents.test.ts',
  'server/upstream/**/*.test.ts',
  'server/streams/**/*.test.ts',
];

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'plain',
          include: [...withoutDatabase, 'contracts/**/*.test.ts', 'web/**/*.test.ts', 'scripts/**/*.test.ts'],
        },
      },
      { test: { name: 'sqlite', include: onDatabases, exclude: withoutDatabase, provide: { database: 'sqlite' } } },
      ...(hasPostgres
        ? [
            {
              test: {
                name: 'postgres',
                include: onDatabases,
                exclude: withoutDatabase,
                provide: { database: 'postgres' as const },
                globalSetup: './test/setup-postgres.ts',
              },
            },
          ]
        : []),
      ...(hasChromium
        ? [
            {
              test: {
                name: 'browser',
                include: ['test/journeys/**/*.test.ts'],
                testTimeout: 60_000,
                // A machine that stands still for some seconds is no fault of a page; a fault of a page fails twice.
                retry: 1,
                // A page draws later on a busy machine.
                expect: { poll: { timeout: 10_000 } },
                provide: { database: 'sqlite' as const },
              },
            },
          ]
        : []),
    ],
  },
});
