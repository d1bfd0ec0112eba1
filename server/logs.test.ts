import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, send, type Client } from '#test/client.ts';
import { sendRaw } from '#test/raw-http.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { startProcess, type ServerProcess } from '#test/server-process.ts';
import { writeTo } from '#test/write-to.ts';

/** Words that nothing else says; each is given to the server in its place, and must never be in its log. */
const canary = {
  password: 'canary-password-7d1f',
  wrong: 'canary-wrong-password-2c44',
  key: 'sk-canary-provider-key-91ab',
  metrics: 'canary-metrics-token-5e0c',
  message: 'canary-message-마음-3f7a',
  reply: 'canary-reply-88d2',
  search: 'canary-search-0b9e',
  email: 'canary-address@example.com',
  token: 'canary-token-4410',
};

let provider: ScriptedProvider;
let server: ServerProcess;
let url: string;
let person: Client;
let cookie: string;

beforeAll(async () => {
  provider = await startScriptedProvider();
  server = await startProcess({
    LOG_LEVEL: 'trace',
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: canary.key,
    METRICS_TOKEN: canary.metrics,
    DAILY_REQUEST_LIMIT: '100',
  });
  url = (await server.ready).replace('localhost', '127.0.0.1');
}, 60_000);
afterAll(async () => {
  await server.stop('SIGKILL');
  await provider.close();
});

const accountBody = { email: canary.email, password: canary.password, nickname: 'Person' };

async function useAccounts(): Promise<void> {
  const joined = await send(`${url}/accounts/join`, 'POST', accountBody);
  expect(joined.status).toBe(201);
  expect((await send(`${url}/accounts/join`, 'POST', accountBody)).status).toBe(409);
  expect((await send(`${url}/accounts/login`, 'POST', { ...accountBody, password: canary.wrong })).status).toBe(401);
  const login = await send(`${url}/accounts/login`, 'POST', { ...accountBody, session: 'cookie' });
  cookie = login.headers.get('set-cookie')!.split(/[=;]/)[1]!;
  person = clientOf(url, joined.body.token, canary.email);
  const change = { password: 'short', current_password: canary.wrong };
  expect((await person.put('/accounts/profile', change)).status).toBe(422);
  await send(`${url}/metrics?token=${canary.token}`, 'GET', undefined, { authorization: `Bearer ${canary.metrics}` });
  await send(`${url}/accounts/profile`, 'GET', undefined, { authorization: `Bearer ${canary.token}` });
  await send(`${url}/accounts/profile`, 'GET', undefined, { cookie: `daesa=${cookie}` });
  await send(`${url}/${canary.token}?key=${canary.token}`, 'GET');
}

async function ask(): Promise<void> {
  const content = canary.message;
  provider.script({ text: canary.reply });
  expect((await person.post('/chat', { content })).status).toBe(201);
  // What providers send with an error repeats what they were asked, and a part of the key.
  const echo = {
    error: { message: `${canary.message} ${canary.key} ${canary.reply}`, type: 'x', param: null, code: null },
  };
  for (const status of [400, 401, 404, 418]) {
    provider.script({ status, body: echo });
    expect((await person.post('/chat', { content })).status).toBeGreaterThanOrEqual(400);
  }
  for (const fault of ['malformed', 'error-event', 'html', 'cut', 'reset'] as const) {
    provider.script({ fault, text: canary.reply, afterBytes: 200 });
    await person.post('/chat', { content });
  }
  const started = await person.post('/chat/stream', { content });
  expect((await person.get(`/chat/stream/${started.body.stream_id}`)).body).toContain('END');
  await person.get(`/chat?q=${canary.search}`);
  await person.post('/chat', { content: canary.message, temperature: canary.message });
}

async function sendNonsense(): Promise<void> {
  const headers = { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' };
  await sendRaw(url, { method: 'POST', path: '/chat', headers, body: `{"content": "${canary.message}` });
  await sendRaw(url, { method: 'POST', path: '/chat', headers, body: '['.repeat(100) + canary.message });
  await sendRaw(url, { bytes: `GET /%zz${canary.token} HTTP/1.1\r\nHost: a\r\n\r\n` }, 500);
  await sendRaw(url, { bytes: `${canary.token}\r\n\r\n` });
}

/** The database refuses what it is asked: the error is ours to mend, and is logged with its cause. */
async function breakTheDatabase(): Promise<void> {
  await writeTo(server.place, 'alter table messages rename to lost_messages');
  expect((await person.post('/chat', { content: canary.message })).body.code).toBe('internal');
  expect((await person.get(`/chat?q=${canary.search}`)).body.code).toBe('internal');
  await writeTo(server.place, 'alter table lost_messages rename to messages');
  await writeTo(server.place, 'alter table logins rename to lost_logins');
  expect((await send(`${url}/accounts/login`, 'POST', accountBody)).body.code).toBe('internal');
  expect((await send(`${url}/accounts/join`, 'POST', { ...accountBody, email: `b${canary.email}` })).status).toBe(500);
  expect((await person.get('/accounts/profile')).body.code).toBe('internal');
  await writeTo(server.place, 'alter table lost_logins rename to logins');
}

test('no log line ever holds a password, a token, a key, an address, a message or an answer', async () => {
  await useAccounts();
  await ask();
  await sendNonsense();
  await breakTheDatabase();
  expect(await server.stop()).toBe(0);

  const log = server.stdout() + server.stderr();
  const secrets = Object.entries({ ...canary, session: cookie, login: person.token });
  expect(secrets.filter(([, word]) => log.includes(word)).map(([name]) => name)).toEqual([]);

  const lines = server.stdout().trim().split('\n');
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const requests = entries.filter(({ msg }) => msg === 'request');
  expect(requests.length).toBeGreaterThan(20);
  const asked = requests.find(({ route, status }) => route === '/chat' && status === 201);
  expect(asked).toMatchObject({ method: 'POST', ms: expect.any(Number), user: 1, model: expect.any(String) });
  expect(asked!.tokens).toBeGreaterThan(0);
  // An internal error is there to be found, with the place it came from.
  const failures = entries.filter(({ msg }) => msg === 'failed');
  expect(JSON.stringify(failures)).toMatch(/messages/);
  expect(JSON.stringify(failures)).toMatch(/\.ts:\d+/);
}, 60_000);
