import OpenAI, { toFile } from 'openai';
import { clientOf, send, type Client } from './client.ts';
import type { TestServer } from './server.ts';
import { writeTo } from './write-to.ts';

const password = 'correct horse 7';

export interface BusyMember {
  member: Client;
  id: number;
  key: string;
  /** The path of a page that the member has published. */
  page: string;
  /** Where the member comes from. */
  address: string;
}

let number = 0;

type Place = TestServer & { databaseUrl: string | undefined };

/** A member of every feature, whose name is in all that can be named. The server trusts its nearest proxy. */
export async function busyMember(server: Place, chief: Client, nickname: string): Promise<BusyMember> {
  const email = `${nickname}@example.com`;
  number += 1;
  const address = `203.0.113.${100 + number}`;
  const joined = await send(
    `${server.url}/accounts/join`,
    'POST',
    { email, password, nickname },
    { 'x-forwarded-for': address, 'user-agent': `${nickname}-browser` },
  );
  const member = clientOf(server.url, joined.body.token, email);
  const { id } = joined.body.user;
  const { body: turn } = await member.post('/chat', { content: '오늘 뭐 먹지?' }, { 'idempotency-key': 'one' });
  await member.post('/chat', { content: `${nickname}의 비밀`, system_prompt: `Call me ${nickname}.` });
  await guide(member, nickname);
  const { body: page } = await member.post(`/sessions/${turn.session_id}/snapshots`, {});
  await useBoard(member, chief, nickname);
  await chief.put(`/admin/users/${id}`, { daily_limit: 7 });
  await member.post('/accounts/two-factor', { current_password: password });
  const { key } = (await member.post('/keys', { name: `key of ${nickname}` })).body;
  await useGateway(server.url, key, nickname);
  await leaveTraces(server, { id, nickname, address });
  return { member, id, key, page: `/s/${page.id}`, address };
}

async function guide(member: Client, nickname: string): Promise<void> {
  const { body: session } = await member.post('/sessions', { bot: 'planner' });
  const path = `/sessions/${session.id}`;
  await member.post(`${path}/prompts`, { content: `${nickname} is here` });
  await member.patch(path, { title: `Plan of ${nickname}`, visibility: 'public' });
}

/** Quotes of one's own, a vote, a merge into somebody's quote, news of it, and a report. */
async function useBoard(member: Client, chief: Client, nickname: string): Promise<void> {
  const { body: own } = await member.post('/quote', { content: `강한 ${nickname}은 없어요`, situation: nickname });
  const { body: quote } = await chief.post('/quote', { content: '표를 받을 문장' });
  await member.put(`/quote/${quote.id}/vote`);
  const { body: doubled } = await member.post('/quote', { content: `표를 받을 ${nickname}` });
  await chief.post(`/quote/${doubled.id}/merge`, { into: quote.id });
  await chief.put(`/quote/${own.id}`, { is_apply: true });
  const { body: turn } = await chief.post('/chat', { content: 'a page to report' });
  const { body: page } = await chief.post(`/sessions/${turn.session_id}/snapshots`, {});
  await member.post(`/s/${page.id}/report`, { reason: `${nickname} does not like it` });
}

async function useGateway(url: string, key: string, nickname: string): Promise<void> {
  const openai = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: `hi from ${nickname}` }];
  await openai.chat.completions.create(
    { model: 'demo', messages, user: nickname },
    { headers: { 'idempotency-key': nickname } },
  );
  const content = await toFile(Buffer.from('바다는 파랗다'), 'sea.txt');
  const file = await openai.files.create({ file: content, purpose: 'assistants' });
  const store = await openai.vectorStores.create({ name: 'Sea', metadata: { of: nickname } });
  await openai.vectorStores.files.createAndPoll(store.id, { file_id: file.id }, { pollIntervalMs: 20 });
  const assistant = await openai.beta.assistants.create({ model: 'demo', name: nickname, instructions: nickname });
  const thread = await openai.beta.threads.create({ messages, metadata: { of: nickname } });
  await openai.beta.threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id }, { pollIntervalMs: 20 });
}

/** Rows that need a provider, a mail server or a budget to come about. */
async function leaveTraces(
  server: Place,
  { id, nickname, address }: { id: number; nickname: string; address: string },
): Promise<void> {
  const traces = [
    `insert into identities (user_id, provider, subject, created_at) values (${id}, 'kakao', '${nickname}-at-kakao', 1)`,
    `insert into consents (user_id, name, href, given_at) values (${id}, 'terms', 'https://${nickname}.example', 1)`,
    `insert into begun_logins (browser_hash, user_id, provider, subject, email_key, next, expires_at)
      values ('b-${nickname}', ${id}, 'google', '${nickname}-at-google', '${nickname}@example.com', '/', 9999999999999)`,
    `insert into mail_tokens (token_hash, user_id, purpose, email_key, expires_at)
      values ('m-${nickname}', ${id}, 'verify', '${nickname}@example.com', 9999999999999)`,
    `insert into recovery_codes (user_id, code_hash) values (${id}, 'r-${nickname}')`,
    `insert into alert_webhooks (user_id, url, secret, created_at) values (${id}, 'https://${nickname}.example', 's', 1)`,
    `insert into budget_notices (user_id, scope, month, percent, limit_nano, created_at)
      values (${id}, 'key-of-${nickname}', '2026-11', 80, 1, 1)`,
    `insert into jobs (kind, user_id, detail, due_at)
      values ('mail', ${id}, '{"about":"password_changed","to":"${nickname}@example.com"}', 9999999999999)`,
    `insert into jobs (kind, detail, due_at)
      values ('mail', '{"about":"reset","emailKey":"${nickname}@example.com"}', 9999999999999)`,
    `insert into realtime_secrets (secret_hash, user_id, sealed_token, session, expires_at)
      values ('s-${nickname}', ${id}, 't', '{"instructions":"${nickname}"}', 9999999999999)`,
    `insert into audit_log (at, actor_id, subject_id, action, detail, ip_address)
      values (1, ${id}, ${id}, 'password.changed', '{}', '${address}')`,
    `insert into bot_versions (bot_id, version, content, user_id, created_at)
      select min(id), ${1_000 + number}, '{}', ${id}, 1 from bots`,
  ];
  await writeTo(server, traces.join(';\n'));
}
