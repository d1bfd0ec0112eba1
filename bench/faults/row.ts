import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { withShared } from '../instance.ts';
import { gatewayProcesses, type GatewayProcesses } from '#test/gateway-processes.ts';

/** What one row of the scorecard came to. */
export interface Figures {
  figures: string;
  passed: boolean;
}

export interface Shared {
  databaseUrl: string;
  redisUrl: string;
}

const MINUTES = Number(process.env.BENCH_MINUTES ?? 15);

/** The rounds of a row: as many as the scorecard says, unless BENCH_ROUNDS says otherwise or its time is over. */
export class Rounds implements Iterable<number> {
  readonly wanted: number;
  done = 0;

  constructor(usual: number) {
    this.wanted = Number(process.env.BENCH_ROUNDS ?? usual);
  }

  *[Symbol.iterator](): Generator<number> {
    const until = performance.now() + MINUTES * 60_000;
    for (let round = 0; round < this.wanted && performance.now() < until; round += 1) {
      yield round;
      this.done += 1;
    }
  }

  toString(): string {
    return this.done === this.wanted ? String(this.done) : `${this.done} (of ${this.wanted} wanted)`;
  }
}

export const program = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));

interface HouseOptions {
  databaseUrl?: string;
  /** A command to run the server under. */
  wrapper?: (dataDir: string) => string[];
}

const houses = new Set<GatewayProcesses>();

/** Built servers as processes of their own, on SQLite unless a database is given; they last as long as their row. */
export async function builtServers(
  env: Record<string, string> = {},
  { databaseUrl, wrapper }: HouseOptions = {},
): Promise<GatewayProcesses> {
  const dataDir = mkdtempSync(join(tmpdir(), 'daesa-faults-'));
  const how = { on: { dataDir, databaseUrl }, program, ...(wrapper ? { wrapper: wrapper(dataDir) } : {}) };
  const house = await gatewayProcesses({ AUTO_TITLES: 'off', ...env }, how);
  houses.add(house);
  return house;
}

/** Ends all that a row has started, also where it broke off. */
export async function endServers(): Promise<void> {
  await Promise.all(Array.from(houses, (house) => house.close()));
  houses.clear();
}

/** Gives `work` the settings of what two instances share, where this machine has both programs. */
export async function withPostgresAndRedis(work: (shared: Shared) => Promise<Figures>): Promise<Figures> {
  const missing = { figures: 'not run: it needs PostgreSQL and Redis on this machine', passed: false };
  let found: Figures | undefined;
  await withShared(async (env) => {
    if (env) found = await work({ databaseUrl: env.DATABASE_URL!, redisUrl: env.REDIS_URL! });
  });
  return found ?? missing;
}

/** What SQLite's own check says of a database that others may have open. */
export function isDatabaseWhole(dataDir: string): boolean {
  const database = new DatabaseSync(join(dataDir, 'daesa.sqlite'), { timeout: 10_000 });
  const row = database.prepare('pragma integrity_check').get();
  database.close();
  return row?.integrity_check === 'ok';
}

export const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(2);
