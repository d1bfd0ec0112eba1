import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
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
