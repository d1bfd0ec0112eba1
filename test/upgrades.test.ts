/** Databases as each earlier version left them, with rows in them, brought to today's schema by a start. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import pino from 'pino';
import { expect, test } from 'vitest';
import { hashToken } from '#server/accounts/token.ts';
import { readConfig } from '#server/config.ts';
import { migrate, migrations } from '#server/db/migrate.ts';
import type { Schema } from '#server/db/schema.ts';
import { sqliteDialect } from '#server/db/sqlite-dialect.ts';
import { newKey } from '#server/keys/key-text.ts';
import { examine } from '#server/upkeep/doctor.ts';
import { eventually } from './chat-server.ts';
import { clientOf, send } from './client.ts';
import { startScriptedProvider } from './scripted-provider.ts';
import { freshPlace, startServer } from './server.ts';

const TOKEN = 'a-login-of-long-ago';
const { key: KEY, keyHash: KEY_HASH } = newKey();
const LATER = Date.now() + 86_400_000;

/** What people had stored by then. Ids count from 1; the bot 1 comes with the first migration. */
const stored: Partial<Record<keyof typeof migrations, string[]>> = {
  '0001-initial': [
    `insert into users (email, email_key, nickname, role, created_at)
     values ('old@example.com', 'old@example.com', '오래된 이', 'administrator', 1)`,
    `insert into logins (user_id, token_hash, created_at, last_seen_at, expires_at)
     values (1, '${hashToken(TOKEN)}', ${LATER - 1}, ${LATER - 1}, ${LATER})`,
    `insert into sessions (user_id, bot_id, title, status, visibility, pinned, head_id, created_at, updated_at)
     values (1, 1, '옛 대화', 'open', 'private', 0, 1, 1, 1)`,
    `insert into messages (session_id, user_id, role, kind, parent_id, content, status, asked, chosen, created_at, updated_at)
     values (1, 1, 'user', 'question', null, '오래된 질문', 'done', 1, 0, 1, 1),
            (1, 1, 'assistant', 'reply', 1, '오래된 대답', 'done', 0, 1, 1, 1),
            (1, 1, 'user', 'question', 1, '끊긴 질문', 'running', 1, 0, 2, 2)`,
    `insert into ledger (user_id, purpose, model, day, units, state, instance_id, prompt_tokens, completion_tokens, estimated, created_at)
     values (1, 'chat', 'gpt-4o-mini', '2026-01-01', 1, 'settled', 'gone', 5, 7, 0, 1),
            (1, 'chat', 'gpt-4o-mini', '2026-01-01', 1, 'reserved', 'gone', null, null, 0, 2)`,
    `insert into daily_usage (user_id, day, used) values (1, '2026-01-01', 2)`,
    `insert into generations (id, prompt_id, reply_id, session_id, user_id, reservation_id, state, instance_id, stop_requested, created_at)
     values ('one', 1, 2, 1, 1, 1, 'done', 'gone', 0, 1), ('two', 3, null, 1, 1, 2, 'running', 'gone', 0, 2)`,
  ],
  '0002-sessions': [
    `insert into quotes (user_id, content, folded, status, is_apply, votes, created_at, updated_at)
     values (1, '강한 놈이 오래 가는 게 아니라', '강한 놈이 오래 가는 게 아니라', 'requested', 0, 1, 1, 1)`,
    `insert into quote_votes (quote_id, user_id, created_at) values (1, 1, 1)`,
    `insert into notices (user_id, kind, quote_id, detail, created_at) values (1, 'replied', 1, '{}', 1)`,
  ],
  '0004-gateway': [
    `insert into api_keys (user_id, name, key_hash, shown, response_cache, created_at, token_level, token_level_at)
     values (1, '옛 열쇠', '${KEY_HASH}', 'sk-…', 'off', 1, 0, 1)`,
    `insert into budgets (scope, month, reserved, spent) values ('key:1', '2026-01', 0, 5)`,
    `insert into budget_notices (user_id, key_id, scope, month, percent, limit_nano, created_at)
     values (1, 1, 'key:1', '2026-01', 80, 5, 1)`,
  ],
  '0007-accounts': [
    `insert into audit_log (at, actor_id, subject_id, action, detail) values (1, 1, 1, 'user.limited', '{}')`,
    `insert into blocked_networks (cidr, reason, automatic, created_at) values ('203.0.113.0/24', '', 0, 1)`,
  ],
  '0008-alerts': [
    `insert into model_aliases (name, targets, source, changed_at) values ('old-name', '["gpt-4o-mini"]', '', 1)`,
    `insert into alert_deliveries (notice_id, user_id, channel, attempts, next_try_at) values (1, 1, 'mail', 0, 1)`,
  ],
};

const names = Object.keys(migrations) as (keyof typeof migrations)[];

type Place = Awaited<ReturnType<typeof freshPlace>>;

/** The database that the version with the first `count` migrations has left behind. */
async function leaveBehind(place: Place, count: number): Promise<void> {
  const file = join(place.dataDir, 'daesa.sqlite');
  const connection = place.databaseUrl ? undefined : new DatabaseSync(file);
  const pool = new pg.Pool({ connectionString: place.databaseUrl });
  const dialect = connection ? sqliteDialect(connection) : new PostgresDialect({ pool });
  const db = new Kysely<Schema>({ dialect });
  for (const [index, name] of names.slice(0, count).entries()) {
    await migrate(db, names.slice(0, index + 1));
    for (const statement of stored[name] ?? []) {
      if (connection) connection.exec(statement);
      else await pool.query(statement);
    }
  }
  await db.destroy();
}

test.each(names.slice(0, -1).map((name, index) => [name, index + 1] as const))(
  'a database of the version that ended with %s goes on with everything in it',
  async (_name, count) => {
    const place = await freshPlace();
    await leaveBehind(place, count);
    const provider = await startScriptedProvider();
    const server = await startServer({
      on: place,
      env: { OPENAI_BASE_URL: provider.url, DEFAULT_MODEL: 'gpt-4o-mini' },
    });
    const person = clientOf(server.url, TOKEN);
    expect((await person.get('/accounts/profile')).body).toMatchObject({
      nickname: '오래된 이',
      role: 'administrator',
    });
    const { results } = (await person.get('/chat')).body;
    expect(results).toMatchObject([
      { content: '끊긴 질문', status: 'failed', chat_reply: null },
      { content: '오래된 질문', status: 'done', response: '오래된 대답' },
    ]);
    const found = await eventually(async () => {
      const { body } = await person.get(`/chat?q=${encodeURIComponent('된 질')}`);
      return body.count === 1 ? body : undefined;
    });
    expect(found.results[0].content).toBe('오래된 질문');
    const next = await person.post('/chat', { content: '새 질문', session_id: 1 });
    expect([next.status, next.body.session_id]).toEqual([201, 1]);
    const had = (name: (typeof names)[number]) => count > names.indexOf(name);
    const quotes = (await person.get('/quote')).body.results;
    expect(quotes).toMatchObject(had('0002-sessions') ? [{ votes: 1, voted: true }] : []);
    const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] };
    const answer = await send(`${server.url}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${KEY}` });
    expect(answer.status).toBe(had('0004-gateway') ? 200 : 401);
    const config = readConfig({
      DATA_DIR: place.dataDir,
      OPENAI_BASE_URL: provider.url,
      ...(place.databaseUrl ? { DATABASE_URL: place.databaseUrl } : {}),
    });
    const findings = await examine(config, pino({ level: 'silent' }));
    expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
    await server.close();
    await provider.close();
    rmSync(place.dataDir, { recursive: true, force: true });
  },
  30_000,
);
