import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UsageSeries } from '#contracts/usage.ts';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { writeTo } from '#test/write-to.ts';
import { toCsv } from './csv.ts';

let house: GatewayHouse;
let administrator: Client;
const messages = [{ role: 'user' as const, content: 'Hi' }];

beforeAll(async () => {
  house = await startGateway();
  const login = { email: 'boss@example.com', password: 'correct horse 7' };
  administrator = await joinAs(house.server.url, 'boss', login.email);
  const database = house.server.context.database.read;
  const { id } = await database
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .executeTakeFirstOrThrow();
  const first = await database.selectFrom('users').select('email').where('id', '=', id).executeTakeFirstOrThrow();
  const answer = await send(`${house.server.url}/accounts/login`, 'POST', { ...login, email: first.email });
  administrator = clientOf(house.server.url, answer.body.token);

  const { openai } = await house.key({ name: '=cmd|calc' });
  house.provider.script({ usage: { prompt: 100, completion: 10, cached: 40 } });
  await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
  await openai.chat.completions.create({ model: 'nobody-knows', messages });
  house.provider.script({ status: 400 });
  await openai.chat.completions.create({ model: 'gpt-5-mini', messages }).catch(() => undefined);
  expect((await house.owner.post('/chat', { content: 'Hello', model: 'gpt-5-mini' })).status).toBe(201);
});
afterAll(() => house.close());

test('sums what was asked by model, with unknown prices as null', async () => {
  const { body } = await house.owner.get('/usage?group_by=model');
  const known = body.results.find((row: { group: string }) => row.group === 'gpt-5-mini');
  expect(known).toMatchObject({ requests: 2, failed: 1, prompt_tokens: 110, cached_tokens: 40, completion_tokens: 25 });
  expect(known.cost_usd).toBeCloseTo((60 * 250 + 40 * 25 + 10 * 2_000 + 10 * 250 + 15 * 2_000) / 1e9, 12);
  const unknown = body.results.find((row: { group: string }) => row.group === 'nobody-knows');
  expect(unknown).toMatchObject({ requests: 1, unpriced: 1, cost_usd: null });
  expect(body.total).toMatchObject({ requests: 3, failed: 1, unpriced: 1, cost_usd: known.cost_usd });
});

test('gives the largest groups day by day, the others together, and every day the same sum as its row', async () => {
  const { id } = (await house.owner.get('/accounts/profile')).body;
  // Eight models on each of two days; the first was asked most.
  const asked = ['2026-03-01', '2026-03-02'].flatMap((day) =>
    Array.from({ length: 8 }, (_, index) =>
      Array.from({ length: 9 - index }, () => ({ day, model: `model-${index}` })),
    ),
  );
  const rows = asked
    .flat()
    .map(
      ({ day, model }) =>
        `(${id}, 'chat', '${model}', '${day}', 1, 'settled', 'test', 0, ${Date.parse(day)}, 0, 0, 0, 0, 0)`,
    );
  await writeTo(
    house.server,
    `insert into ledger (user_id, purpose, model, day, units, state, instance_id, estimated, created_at,
      cache_write_tokens, reasoning_tokens, reserved_cost, reserved_tokens, from_cache) values ${rows.join(',')}`,
  );
  const query = 'from=2026-02-27&to=2026-03-02&group_by=model&top_by=requests';
  const { body } = await house.owner.get(`/usage?${query}`);
  const { series } = body as { series: UsageSeries[] };
  expect(series.map(({ group, others }) => (others ? 'others' : group))).toEqual([
    ...[0, 1, 2, 3, 4, 5, 6].map((index) => `model-${index}`),
    'others',
  ]);
  expect(series[0]!.days).toMatchObject([
    { day: '2026-03-01', requests: 9 },
    { day: '2026-03-02', requests: 9 },
  ]);
  expect(series.at(-1)!.days.map(({ requests }) => requests)).toEqual([2, 2]);
  const all = series.flatMap(({ days }) => days).reduce((sum, { requests }) => sum + requests, 0);
  expect([all, body.total.requests]).toEqual([rows.length, rows.length]);
  expect((await house.owner.get('/usage?group_by=model')).body.series).toBeUndefined();
  expect((await house.owner.get('/usage?from=2020-01-01&to=2020-01-02&top_by=cost')).body.series).toEqual([]);
  // Requests of the web have no key.
  const byKey = (await house.owner.get('/usage?group_by=key&top_by=tokens')).body.series as UsageSeries[];
  expect(byKey.some(({ group, others, days }) => group === null && !others && days[0]!.requests > 0)).toBe(true);
});

test('names days, keys and users; others are for administrators', async () => {
  const byKey = (await house.owner.get('/usage?group_by=key')).body.results;
  expect(byKey.map((row: { group: string | null }) => row.group?.slice(0, 9) ?? null)).toContain('=cmd|calc');
  expect((await house.owner.get('/usage?group_by=day')).body.results).toHaveLength(1);
  const own = (await house.owner.get('/usage?group_by=user')).body.results;
  expect(own.map((row: { group: string }) => row.group)).toEqual([house.owner.email]);
  const stranger = await joinAs(house.server.url, 'stranger');
  expect((await stranger.get('/usage')).body.results).toEqual([]);
  const all = (await administrator.get('/usage?group_by=user')).body.results;
  expect(all.map((row: { group: string }) => row.group)).toContain(house.owner.email);
});

test('comes as CSV that no spreadsheet runs', async () => {
  const answer = await house.owner.get('/usage?group_by=key&format=csv');
  expect(answer.headers.get('content-type')).toContain('text/csv');
  expect(answer.body).toContain(`"'=cmd|calc`);
  expect(toCsv(['a'], [['+1'], ['-1'], ['@x'], ['\tx'], ['a"b,c'], ['fine'], [null], [-5]])).toBe(
    `a\r\n"'+1"\r\n"'-1"\r\n"'@x"\r\n"'\tx"\r\n"a""b,c"\r\nfine\r\n\r\n-5\r\n`,
  );
});

test('takes days and refuses what is none', async () => {
  expect((await house.owner.get('/usage?from=2020-01-01&to=2020-01-31')).body.results).toEqual([]);
  for (const query of [
    'from=yesterday',
    'from=2026-02-30',
    'group_by=planet',
    'from=2027-01-02&to=2027-01-01',
    'format=xml',
  ]) {
    expect((await house.owner.get(`/usage?${query}`)).status).toBe(422);
  }
  expect((await send(`${house.server.url}/usage`, 'GET')).status).toBe(401);
});
