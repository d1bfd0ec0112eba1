/**
 * Search and history lists at 10,000 to 1,000,000 messages of 1,000 users, on both databases where PostgreSQL is
 * installed: `node bench/search.ts [sqlite|postgres] [rows…]`. Messages are made from a fixed seed; times are of one
 * caller. Inserting is 32 callers with a message a write, five times without and with the index filled beside them:
 * the middle one counts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { countTurns, listTurns } from '#server/chat/chat.store.ts';
import type { Database } from '#server/db/database.ts';
import { openPostgres } from '#server/db/postgres.ts';
import type { Trx } from '#server/db/schema.ts';
import { openSqlite } from '#server/db/sqlite.ts';
import { findMessages } from '#server/search/find-messages.store.ts';
import { indexMessages } from '#server/search/index.store.ts';
import { keepIndexing } from '#server/search/indexing.ts';
import { listSessions } from '#server/sessions/sessions.store.ts';
import { findPostgres, startPostgres } from '#test/postgres.ts';
import * as store from './search.store.ts';

const USERS = 1_000;
const QUERIES = 60;

let seed = 42;
function random(below: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

const syllable = () => String.fromCharCode(0xac00 + random(2_350) * 4);
const letters = 'etaoinshrdlucmfwypvbgk';
const latin = () => Array.from({ length: 3 + random(6) }, () => letters[random(letters.length)]).join('');
/** Words come as in speech: few of them make up most of a text. */
const words = Array.from({ length: 20_000 }, (_, index) =>
  index % 4 === 3 ? latin() : Array.from({ length: 2 + random(3) }, syllable).join(''),
);
const word = () => words[Math.floor(words.length * (random(1_000_000) / 1_000_000) ** 3)]!;
const text = () => Array.from({ length: 5 + random(30) }, word).join(' ');

function percentile(times: number[], part: number): string {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!.toFixed(1);
}

async function timesOf(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await work(index);
    times.push(performance.now() - began);
  }
  return times;
}

async function fill(database: Database, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += 1_000) {
    const messages = Array.from({ length: 1_000 }, (_, index) => ({
      userId: 1 + ((first + index) % USERS),
      content: text(),
    }));
    await database.write(store.addMessages, messages);
  }
}

async function indexRest(database: Database, limit = 500): Promise<void> {
  while ((await database.write(indexMessages, { limit, now: Date.now() + 60_000 })) > 0);
}

/** All at once, as a restored database has it: PostgreSQL builds an index of everything many times as quickly. */
async function indexAll(database: Database, maintain?: pg.Client): Promise<void> {
  await maintain?.query('drop index message_grams_grams');
  await indexRest(database, 5_000);
  await maintain?.query('create index message_grams_grams on message_grams using gin (grams)');
  // As autovacuum leaves tables that are filled more slowly.
  await maintain?.query('vacuum analyze');
}

/** As many as a busy minute has. */
const INSERTED = 2_000;
const CALLERS = 32;

async function insertOneByOne(database: Database): Promise<void> {
  let left = INSERTED;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      await database.write(store.addMessages, [{ userId: 1 + random(USERS), content: text() }]);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

interface Inserts {
  /** Microseconds a message. */
  without: number;
  /** So many times of it with the index filled beside it, as the server does. */
  beside: number;
  /** And until the last one is in the index. */
  indexed: number;
}

const ROUNDS = 5;

async function measureInserts(database: Database): Promise<Inserts> {
  const began = performance.now();
  await insertOneByOne(database);
  const without = performance.now() - began;
  await indexRest(database);
  const start = performance.now();
  const clock = () => Date.now() + 60_000;
  const stop = keepIndexing({ database, clock, logger: console, everyMs: 100 });
  await insertOneByOne(database);
  const beside = performance.now() - start;
  await stop();
  await indexRest(database);
  const indexed = performance.now() - start;
  return { without: (without * 1_000) / INSERTED, beside: beside / without, indexed: indexed / without };
}

async function measure(database: Database, rows: number): Promise<void> {
  const { read } = database;
  const query = () => word().slice(0, 3);
  const own = await timesOf(QUERIES, (number) => findMessages(read, { userId: 1 + number, q: query() }));
  const open = await timesOf(QUERIES, () => findMessages(read, { userId: undefined, q: query() }));
  const page = { limit: 10, offset: 0 };
  const history = await timesOf(500, async (number) => {
    await listTurns(read, 1 + (number % USERS), page);
    await countTurns(read, 1 + (number % USERS));
  });
  const deep = await timesOf(100, (number) => listTurns(read, 1 + number, { limit: 10, offset: 9_999_999_990 }));
  const sessions = await timesOf(500, (number) =>
    listSessions(read, { userId: 1 + (number % USERS), bot: undefined }, page),
  );
  const inserts: Inserts[] = [];
  for (let round = 0; round < ROUNDS; round += 1) inserts.push(await measureInserts(database));
  const middle = (part: keyof Inserts) =>
    inserts.map((insert) => insert[part]).toSorted((one, other) => one - other)[ROUNDS >> 1]!;
  const cells = [
    database.kind,
    rows.toLocaleString('en'),
    percentile(own, 0.95),
    percentile(open, 0.95),
    percentile(history, 0.99),
    percentile(sessions, 0.99),
    percentile(deep, 0.99),
    middle('without').toFixed(0),
    middle('beside').toFixed(2),
    middle('indexed').toFixed(2),
  ];
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

async function run(database: Database, sizes: number[], maintain?: pg.Client): Promise<void> {
  await database.write(store.addUsers, { count: USERS });
  let at = 0;
  for (const size of sizes) {
    await fill(database, at, size);
    await indexAll(database, maintain);
    process.stderr.write(`${database.kind}: ${size.toLocaleString('en')} messages are there\n`);
    await measure(database, size);
    at = size;
  }
  await database.close();
}

const asked = process.argv.slice(2);
const kinds: string[] = asked.filter((word) => word === 'sqlite' || word === 'postgres');
const measures = (kind: string) => kinds.length === 0 || kinds.includes(kind);
const sizes = asked.map(Number).filter(Number.isFinite);
if (sizes.length === 0) sizes.push(10_000, 100_000, 1_000_000);
const stores = { store, index: { indexMessages } } satisfies Record<
  string,
  Record<string, (trx: Trx, args: never) => unknown>
>;
process.stdout.write(
  '| database | messages | own search p95 ms | public search p95 ms | history p99 ms | sessions p99 ms | absurd page p99 ms | insert µs without index | × with it | × until indexed |\n|---|---|---|---|---|---|---|---|---|---|\n',
);
if (measures('sqlite')) {
  const dataDir = mkdtempSync(join(tmpdir(), 'daesa-bench-'));
  await run(await openSqlite({ dataDir, stores, storesModule: new URL('./search.stores.ts', import.meta.url) }), sizes);
  rmSync(dataDir, { recursive: true, force: true });
}
const bin = findPostgres();
if (bin && measures('postgres')) {
  const server = await startPostgres(bin);
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('create database bench');
  // As it runs where data is kept: every insert reaches the disk.
  await client.query('alter system set fsync = on');
  await client.query('select pg_reload_conf()');
  await client.end();
  const url = server.url.replace(/\/postgres$/, '/bench');
  const database = await openPostgres({ url, statementTimeoutMs: 0 });
  // A connection of its own takes as long as it takes; one of the server's counts as lost before.
  const maintain = new pg.Client({ connectionString: url });
  await maintain.connect();
  await maintain.query(`set maintenance_work_mem = '512MB'`);
  await run(database, sizes, maintain);
  await maintain.end();
  await server.stop();
}
