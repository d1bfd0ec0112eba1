/** A PostgreSQL that restarts, pauses or cuts its connections under load (spec of faults, F16 and F17). */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { eventually, startChatServer, type ChatServer } from './chat-server.ts';
import type { Client } from './client.ts';
import { findPostgres, startPostgres, type PostgresServer } from './postgres.ts';
import { openStream } from './read-stream.ts';
import { freshPlace, startServer, type TestServer } from './server.ts';

describe.runIf(inject('database') === 'postgres')('a PostgreSQL', () => {
  let postgres: PostgresServer;
  let server: ChatServer;
  /** Another instance, which would end the answers of the first if it took it for dead. */
  let other: TestServer;
  let member: Client;

  beforeAll(async () => {
    postgres = await startPostgres(findPostgres()!);
    const { dataDir } = await freshPlace();
    const env = { MAX_CONCURRENT_GENERATIONS: '0', DAILY_REQUEST_LIMIT: '-1' };
    const on = { dataDir, databaseUrl: postgres.url };
    server = await startChatServer({ on, env });
    other = await startServer({ on, env });
    server.provider.setDefault({ text: ['one ', 'two'] });
    member = await server.join();
  }, 60_000);
  afterAll(async () => {
    await other.close();
    await server.close();
    await postgres.stop();
  }, 60_000);

  async function cutConnections(): Promise<void> {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()');
    await client.end();
  }

  /** Longer than an instance may be without a heartbeat. Who comes meanwhile is told so, and waits for nothing. */
  async function pause(): Promise<void> {
    postgres.signal('SIGSTOP');
    const until = performance.now() + 17_000;
    try {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      for (const ask of [() => member.post('/chat', { content: 'into the silence' }), () => member.get('/chat')]) {
        const began = performance.now();
        const { status, body } = await ask();
        expect([status, body.error?.code ?? body.code]).toEqual([503, 'database_unavailable']);
        expect(performance.now() - began).toBeLessThan(6_000);
      }
      await new Promise((resolve) => setTimeout(resolve, until - performance.now()));
    } finally {
      postgres.signal('SIGCONT');
    }
  }

  /** Each has said once more that it lives, and has judged the other. */
  async function bothHaveBeaten(): Promise<void> {
    const beats = () =>
      server.context.database.read.selectFrom('instances').select(['id', 'heartbeat_at']).orderBy('id').execute();
    const before = await beats();
    await eventually(async () => {
      const now = await beats();
      return now.every(({ heartbeat_at: at }, index) => at > before[index]!.heartbeat_at) || undefined;
    });
  }

  const faults = [
    ['restarts', () => postgres.restart()],
    ['cuts its connections', cutConnections],
    ['is paused', pause],
  ] as const;

  test.each(faults)(
    'that %s loses nothing that was acknowledged, refuses within five seconds, and is used again at once',
    async (name, fault) => {
      server.provider.script({ text: ['kept ', 'words'], hold: true });
      const asked = server.provider.requests.length;
      const { body } = await member.post('/chat/stream', { content: `stream while it ${name}` });
      await server.provider.request(asked);
      const stream = await openStream(member, server.url, `/chat/stream/${body.stream_id}`);
      const acknowledged = new Set<number>();
      const statuses = new Map<number, number>();
      let slowest = 0;
      const load = new AbortController();
      onTestFinished(() => load.abort());
      const askers = Array.from({ length: 4 }, async (_, asker) => {
        for (let number = 0; !load.signal.aborted; number += 1) {
          const key = { 'idempotency-key': `${asker}-${number}-${name.replaceAll(' ', '-')}` };
          const began = performance.now();
          const answer = await member.post('/chat', { content: `${name} ${asker} ${number}` }, key);
          // An answer that was begun is waited for until it can be stored.
          if (answer.status === 503) slowest = Math.max(slowest, performance.now() - began);
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          if (answer.status === 201) acknowledged.add(answer.body.id);
          else await new Promise((resolve) => setTimeout(resolve, 20));
        }
      });
      await eventually(async () => (acknowledged.size > 20 ? true : undefined));
      await fault();
      const over = performance.now();
      const known = acknowledged.size;
      await eventually(async () => (acknowledged.size > known + 4 ? true : undefined));
      const backAfter = performance.now() - over;
      load.abort();
      await Promise.all(askers);
      await bothHaveBeaten();
      server.provider.release();
      expect((await stream.all()).at(-1)!.data).toMatchObject({ type: 'END', full_content: 'kept words' });
      expect([...statuses.keys()].filter((status) => ![201, 409, 503].includes(status))).toEqual([]);
      expect(backAfter).toBeLessThan(5_000);
      // Five seconds, and what a busy machine of tests adds.
      expect(slowest).toBeLessThan(6_000);
      const rows = await server.context.database.read
        .selectFrom('messages')
        .select(['id', 'content'])
        .where('asked', '=', 1)
        .where('content', 'like', `${name}%`)
        .execute();
      const stored = new Set(rows.map(({ id }) => id));
      expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
      // One key, one turn, whatever became of the answer to its commit.
      expect(new Set(rows.map(({ content }) => content)).size).toBe(rows.length);
      process.stderr.write(
        `PostgreSQL ${name}: ${acknowledged.size} acknowledged, 0 lost, back after ${Math.round(backAfter)} ms, refused within ${Math.round(slowest)} ms\n`,
      );
    },
    60_000,
  );
});
