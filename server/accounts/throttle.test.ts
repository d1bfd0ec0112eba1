import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

const right = 'correct horse 7';
let number = 0;
/** An address that no test has used. */
function address(): string {
  number += 1;
  return `198.51.${Math.floor(number / 250)}.${(number % 250) + 1}`;
}

describe('failed logins', () => {
  let server: TestServer;
  let person: Client;

  beforeAll(async () => {
    server = await startServer({
      env: { TRUST_PROXY: '127.0.0.1, 10.9.0.0/16', LOGIN_FAILURES_PER_ACCOUNT: '4', LOGIN_FAILURES_PER_NETWORK: '8' },
    });
    person = await joinAs(server.url, 'person');
  });
  afterAll(() => server.close());

  const logIn = (password: string, from: string, email = person.email) =>
    send(`${server.url}/accounts/login`, 'POST', { email, password }, { 'x-forwarded-for': from });
  async function fail(times: number, from: string, email?: string): Promise<number[]> {
    const statuses = [];
    for (let index = 0; index < times; index += 1) statuses.push((await logIn('wrong', from, email)).status);
    return statuses;
  }

  test('of one account end with 429 for that network, also with the right password; another network goes on', async () => {
    const from = address();
    expect(await fail(5, from)).toEqual([401, 401, 401, 401, 429]);
    const refused = await logIn(right, from);
    expect([refused.status, refused.body.code]).toEqual([429, 'too_many_attempts']);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(800);
    expect(wait).toBeLessThanOrEqual(900);
    expect((await logIn(right, address())).status).toBe(200);
  });

  test('are counted the same for an address that has no account', async () => {
    expect(await fail(5, address(), 'nobody@example.com')).toEqual([401, 401, 401, 401, 429]);
  });

  test('can not slip past the limit in parallel', async () => {
    const from = address();
    const answers = await Promise.all(Array.from({ length: 20 }, () => logIn('wrong', from)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(4);
  });

  test('are forgotten after a right password', async () => {
    const from = address();
    expect(await fail(3, from)).toEqual([401, 401, 401]);
    expect((await logIn(right, from)).status).toBe(200);
    expect(await fail(3, from)).toEqual([401, 401, 401]);
    expect((await logIn(right, from)).status).toBe(200);
  });

  test('of many accounts end with 429 for their network, and successes do not count', async () => {
    const from = address();
    for (let index = 0; index < 10; index += 1) expect((await logIn(right, from)).status).toBe(200);
    const statuses = [];
    for (let index = 0; index < 9; index += 1) statuses.push(...(await fail(1, from, `nobody-${index}@example.com`)));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 401, 401, 429]);
    expect((await logIn(right, from)).status).toBe(429);
  });

  test('count for the whole /64 of an IPv6 address', async () => {
    expect(await fail(2, '2001:db8:7:7::1')).toEqual([401, 401]);
    expect(await fail(3, '2001:db8:7:7:ffff:ffff:ffff:ffff')).toEqual([401, 401, 429]);
    expect(await fail(1, '2001:db8:7:8::1')).toEqual([401]);
  });

  test.each(['127.0.0.1', '10.9.3.4', '::ffff:10.9.3.5'])('never block %s, which many people share', async (from) => {
    const statuses = [];
    for (let index = 0; index < 9; index += 1) statuses.push(...(await fail(1, from, `some-${index}@example.com`)));
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  test('count what the nearest balancer says, not what the client wrote in front of it', async () => {
    const from = address();
    const statuses = [];
    for (let index = 0; index < 5; index += 1) {
      statuses.push((await logIn('wrong', `203.0.113.${index}, ${from}`)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429]);
  });

  test('count guesses of the current password as well', async () => {
    const other = await joinAs(server.url, 'other');
    const change = (current_password: string) =>
      other.put('/accounts/profile', { password: 'new horse 77', current_password });
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await change('wrong')).status);
    expect(statuses).toEqual([422, 422, 422, 422, 429]);
    expect((await change(right)).status).toBe(429);
    const deletion = await other.delete('/accounts/profile', { current_password: right });
    expect(deletion.status).toBe(429);
  });
});

test('X-Forwarded-For means nothing without TRUST_PROXY', async () => {
  const server = await startServer({ env: { LOGIN_FAILURES_PER_ACCOUNT: '3' } });
  const person = await joinAs(server.url, 'person');
  const statuses = [];
  for (let index = 0; index < 4; index += 1) {
    const headers = { 'x-forwarded-for': `203.0.113.${index}`, forwarded: `for=203.0.113.${index}` };
    const body = { email: person.email, password: 'wrong' };
    statuses.push((await send(`${server.url}/accounts/login`, 'POST', body, headers)).status);
  }
  expect(statuses).toEqual([401, 401, 401, 429]);
  const rows = await server.context.database.read.selectFrom('users').select('ip_address').execute();
  expect(rows).toEqual([{ ip_address: '127.0.0.1' }]);
  await server.close();
});
