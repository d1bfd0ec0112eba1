/** A commit that PostgreSQL made, and whose answer was lost on the way (spec of faults, F17). */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { openPostgres } from '../server/db/postgres.ts';
import type { Db } from '../server/db/schema.ts';
import { eventually, startChatServer, unitsUsed, type ChatServer } from './chat-server.ts';
import type { Client } from './client.ts';
import { startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts';
import { findPostgres, startPostgres } from './postgres.ts';
import { freshPlace } from './server.ts';

describe.runIf(inject('database') === 'postgres')('a commit whose answer is lost', () => {
  let server: ChatServer;
  let proxy: CuttingProxy;
  let member: Client;
  let onLost = () => {};

  beforeAll(async () => {
    const { dataDir, databaseUrl } = await freshPlace();
    proxy = await startCuttingProxy(databaseUrl!, () => onLost());
    server = await startChatServer({ on: { dataDir, databaseUrl: proxy.url } });
  });
  beforeEach(async () => {
    onLost = () => {};
    member = await server.join();
  });
  afterAll(async () => {
    await server.close();
    await proxy.close();
  });

  async function rowsOf(content: string) {
    const { read } = server.context.database;
    const turns = await read.selectFrom('messages').select('status').where('content', '=', content).execute();
    const userId = (await member.get('/accounts/profile')).body.id;
    const ledger = await read.selectFrom('ledger').select('state').where('user_id', '=', userId).execute();
    return { turns: turns.map(({ status }) => status), ledger: ledger.map(({ state }) => state) };
  }

  test('counts all the same: one turn, one unit, one call of the model', async () => {
    for (let round = 1; round <= 5; round += 1) {
      const content = `lost at the beginning ${round}`;
      const key = { 'idempotency-key': content.replaceAll(' ', '-') };
      const [asked, lost] = [server.provider.requests.length, proxy.lost];
      proxy.loseCommitOf(content);
      const first = await member.post('/chat', { content }, key);
      expect([first.status, proxy.lost]).toEqual([201, lost + 1]);
      const second = await member.post('/chat', { content }, key);
      expect([second.status, second.body.id]).toEqual([201, first.body.id]);
      expect(server.provider.requests.length).toBe(asked + 1);
      expect((await rowsOf(content)).turns).toEqual(['done']);
      expect(await unitsUsed(member)).toBe(round);
    }
  });

  test('at the end of an answer stores that answer once', async () => {
    server.provider.script({ text: ['the very last ', 'words'] });
    const lost = proxy.lost;
    proxy.loseCommitOf('the very last words');
    const { status, body } = await member.post('/chat', { content: 'lose the end' });
    expect([status, proxy.lost]).toEqual([201, lost + 1]);
    const replies = await rowsOf('the very last words');
    expect([replies.turns, replies.ledger]).toEqual([['done'], ['settled']]);
    expect(await member.get(`/chat/${body.id}`)).toMatchObject({ body: { response: 'the very last words' } });
  });

  test('and can not be asked for is refused, and nothing of it is left running', { timeout: 30_000 }, async () => {
    const content = 'lost together with the database';
    const key = { 'idempotency-key': 'away' };
    onLost = () => proxy.setAway(true);
    proxy.loseCommitOf(content);
    const began = performance.now();
    const refused = await member.post('/chat', { content }, key);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(performance.now() - began).toBeLessThan(6_000);
    proxy.setAway(false);
    const again = await eventually(async () => {
      const answer = await member.post('/chat', { content }, key);
      return answer.status === 201 ? answer : undefined;
    }, 15_000);
    expect(again.body.response).not.toBe('');
    const { turns, ledger } = await rowsOf(content);
    expect([turns.toSorted(), ledger.toSorted()]).toEqual([
      ['done', 'failed'],
      ['refunded', 'settled'],
    ]);
    expect(await unitsUsed(member)).toBe(1);
  });
});

test.runIf(inject('database') === 'postgres')(
  'a transaction that a crash took is not stored, though another has its number since',
  { timeout: 60_000 },
  async () => {
    const postgres = await startPostgres(findPostgres()!);
    const database = await openPostgres({ url: postgres.url });
    const numberOf = sql<{ id: string }>`select pg_current_xact_id()::text as id`;
    let [lost, later] = ['', ''];
    const write = async (db: Db) => {
      lost = (await numberOf.execute(db)).rows[0]!.id;
      await postgres.restart();
      // Transactions that the database keeps, until one of them has the same number.
      for (let tries = 0; tries < 50 && later !== lost; tries += 1) {
        later = (await numberOf.execute(database.read)).rows[0]!.id;
      }
    };
    await expect(database.write(write, undefined)).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(later).toBe(lost);
    await database.close();
    await postgres.stop();
  },
);
