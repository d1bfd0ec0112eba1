import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPostgres } from '#server/db/postgres.ts';
import { migrate } from '#server/db/migrate.ts';
import type { Db, Schema, Trx } from '#server/db/schema.ts';
import { sqliteDialect } from '#server/db/sqlite-dialect.ts';
import { isPostgres } from '#server/db/statement.ts';
import { freshDatabaseUrl } from '#test/databases.ts';
import { refund, settle } from './settle.store.ts';
import { reserve } from './spend.store.ts';

let db: Db;
let close: () => Promise<void>;
let users = 0;
let earlier: Promise<unknown> = Promise.resolve();

/** One transaction: side by side on PostgreSQL, one after the other on SQLite, as its writer thread runs them. */
function inTransaction<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
  const run = () => db.transaction().execute(work);
  if (isPostgres(db)) return run();
  const mine = earlier.then(run, run);
  earlier = mine;
  return mine;
}

beforeAll(async () => {
  const url = await freshDatabaseUrl();
  if (url) {
    const database = await openPostgres({ url });
    db = database.read;
    close = database.close;
  } else {
    db = new Kysely<Schema>({ dialect: sqliteDialect(new DatabaseSync(':memory:')) });
    await migrate(db);
    close = () => db.destroy();
  }
});
afterAll(() => close());

async function newUser(): Promise<number> {
  users += 1;
  const user = { nickname: `user ${users}`, role: 'member' as const, created_at: 0 };
  return (await db.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow()).id;
}

const limits = { dailyRequests: 1_000, concurrent: 0, concurrentChosen: true };
// Two zones that never share a day: 25 hours lie between them.
const zones = ['Pacific/Kiritimati', 'Pacific/Pago_Pago'];

function take(userId: number, zone: string) {
  const args = { userId, purpose: 'chat' as const, model: '', limits: { ...limits, zone }, instanceId: 'test' };
  return inTransaction((trx) => reserve(trx, args));
}

const settlement = { model: 'm', promptTokens: 1, cachedTokens: 0, completionTokens: 1, estimated: false, now: 1 };

function end(reservationId: number, how: 'settle' | 'refund'): Promise<boolean> {
  return inTransaction((trx) =>
    how === 'settle' ? settle(trx, { reservationId, ...settlement }) : refund(trx, { reservationId, now: 1 }),
  );
}

const ends = fc.array(fc.record({ which: fc.nat(5), how: fc.constantFrom('settle' as const, 'refund' as const) }), {
  maxLength: 20,
});

/** Days with what is used of them, by the ledger and by the counter. */
async function usedByDay(userId: number) {
  const [ledger, counter] = await Promise.all([
    db.selectFrom('ledger').select(['day', 'state', 'units']).where('user_id', '=', userId).execute(),
    db.selectFrom('daily_usage').select(['day', 'used']).where('user_id', '=', userId).execute(),
  ]);
  const spent: Record<string, number> = {};
  for (const { day, state, units } of ledger) spent[day] = (spent[day] ?? 0) + (state === 'refunded' ? 0 : units);
  return { spent, counted: Object.fromEntries(counter.map(({ day, used }) => [day, used])) };
}

for (const parallel of [false, true]) {
  test(`a reservation ends exactly once, ${parallel ? 'however its ends race' : 'in whatever order ends come'}, and a refund goes to its own day`, async () => {
    await fc.assert(
      fc.asyncProperty(ends, async (steps) => {
        const userId = await newUser();
        const taken: number[] = [];
        for (let index = 0; index < 6; index += 1) taken.push((await take(userId, zones[index % 2]!)).reservation.id);
        const run = ({ which, how }: (typeof steps)[number]) => end(taken[which]!, how);
        const effective: boolean[] = [];
        if (parallel) effective.push(...(await Promise.all(steps.map(run))));
        else for (const step of steps) effective.push(await run(step));

        for (const [index] of taken.entries()) {
          const own = steps.flatMap(({ which }, step) => (which === index ? [effective[step]] : []));
          expect(own.filter(Boolean)).toHaveLength(own.length > 0 ? 1 : 0);
        }
        const { spent, counted } = await usedByDay(userId);
        expect(Object.keys(counted)).toHaveLength(2);
        expect(counted).toEqual(spent);
      }),
      { numRuns: 40 },
    );
  });
}

test('a refund of an earlier day leaves the units of today alone', async () => {
  const userId = await newUser();
  const [ahead, behind] = await Promise.all(zones.map((zone) => take(userId, zone)));
  await end(behind!.reservation.id, 'refund');
  await end(behind!.reservation.id, 'refund');
  const { counted } = await usedByDay(userId);
  expect(Object.values(counted).toSorted()).toEqual([0, 1]);
  expect(ahead!.quota.used).toBe(1);
});

test('the first requests of a month, all at once, are refused no money that is there', async () => {
  const userId = await newUser();
  const budgeted = { ...limits, zone: 'UTC', monthlyBudget: 1_000_000_000 };
  const args = { userId, purpose: 'chat' as const, model: '', limits: budgeted, instanceId: 'test', cost: 1 };
  for (let round = 0; round < 20; round += 1) {
    await db.deleteFrom('budgets').execute();
    await Promise.all(Array.from({ length: 8 }, () => inTransaction((trx) => reserve(trx, args))));
    expect(await db.selectFrom('budgets').select('reserved').execute()).toEqual([{ reserved: 8 }]);
  }
});

test('nobody takes a unit who is blocked or not there', async () => {
  const userId = await newUser();
  await db.updateTable('users').set({ blocked_at: 1 }).where('id', '=', userId).execute();
  await expect(take(userId, 'UTC')).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(take(999_999, 'UTC')).rejects.toMatchObject({ code: 'unauthenticated' });
});
