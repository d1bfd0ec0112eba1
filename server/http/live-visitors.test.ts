import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

const password = 'correct horse 7';
const LIMIT_MS = 2_000;
let one: TestServer & { databaseUrl: string | undefined };
/** Another instance on the same database, where that can be; the same server where it can't. */
let other: TestServer;
let administrator: Client;

beforeAll(async () => {
  one = await startServer({ demoPaceMs: 400 });
  other = one.databaseUrl
    ? await startServer({ demoPaceMs: 400, on: { dataDir: one.dataDir, databaseUrl: one.databaseUrl } })
    : one;
  administrator = await joinAs(one.url, 'chief');
});
afterAll(async () => {
  if (other !== one) await other.close();
  await one.close();
});

/** A member whose answer is being written on one instance while a reader follows it there. */
async function streaming(): Promise<{ member: Client; id: number; stream: string; ended: Promise<number> }> {
  const member = await joinAs(one.url, 'member');
  const { id } = (await member.get('/accounts/profile')).body;
  const started = await member.post('/chat/stream', { content: 'Tell me a long story about a quiet library.' });
  const stream = `/chat/stream/${started.body.stream_id}`;
  const reader = (
    await fetch(one.url + stream, { headers: { authorization: `Bearer ${member.token}` } })
  ).body!.getReader();
  await reader.read();
  const ended = (async () => {
    for (;;) {
      const piece = await reader.read().catch(() => ({ done: true }));
      if (piece.done) return performance.now();
    }
  })();
  return { member, id, stream, ended };
}

const events: Record<string, (member: Client, id: number) => Promise<{ status: number }>> = {
  'logging out': (member) =>
    send(`${other.url}/accounts/logout`, 'POST', undefined, { authorization: `Bearer ${member.token}` }),
  'ending all logins': (member) =>
    send(
      `${other.url}/accounts/logins?which=all`,
      'DELETE',
      { current_password: password },
      { authorization: `Bearer ${member.token}` },
    ),
  'a new password on another device': async (member) => {
    const elsewhere = await send(`${other.url}/accounts/login`, 'POST', { email: member.email, password });
    return send(
      `${other.url}/accounts/profile`,
      'PUT',
      { password: 'another horse 8', current_password: password },
      { authorization: `Bearer ${elsewhere.body.token}` },
    );
  },
  'deleting the account': (member) =>
    send(
      `${other.url}/accounts/profile`,
      'DELETE',
      { current_password: password },
      { authorization: `Bearer ${member.token}` },
    ),
  'a block': (_member, id) =>
    send(
      `${other.url}/admin/users/${id}`,
      'PUT',
      { blocked: true },
      { authorization: `Bearer ${administrator.token}` },
    ),
  'another role': (_member, id) =>
    send(
      `${other.url}/admin/users/${id}`,
      'PUT',
      { role: 'administrator' },
      { authorization: `Bearer ${administrator.token}` },
    ),
};

describe('a running stream is over within two seconds, and the token is refused at once on every instance, after', () => {
  test.each(Object.entries(events))('%s', async (_name, act) => {
    const { member, id, ended } = await streaming();
    expect((await act(member, id)).status).toBeLessThan(300);
    const answered = performance.now();
    for (const { url } of [one, other]) {
      const answer = await send(`${url}/accounts/profile`, 'GET', undefined, {
        authorization: `Bearer ${member.token}`,
      });
      expect(answer.status).toBe(401);
    }
    expect((await ended) - answered).toBeLessThan(LIMIT_MS);
  });
});

test('a stream whose reader stays logged in goes on past the looks', async () => {
  const { member, stream, ended } = await streaming();
  const began = performance.now();
  expect(await Promise.race([ended, new Promise((resolve) => setTimeout(() => resolve('runs'), LIMIT_MS))])).toBe(
    'runs',
  );
  await member.delete(stream);
  expect((await ended) - began).toBeGreaterThan(LIMIT_MS);
});
