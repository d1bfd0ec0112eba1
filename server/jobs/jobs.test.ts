/** What a transaction leaves to be done is done once, whatever becomes of the process that has left it. */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { eventually } from '#test/chat-server.ts';
import { clientOf, joinAs, send } from '#test/client.ts';
import { startMailbox, type Mailbox } from '#test/mailbox.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { startProcess } from '#test/server-process.ts';
import { freshPlace, startServer, type TestServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';
import { leaveMail } from '../accounts/mail-jobs.store.ts';

// One of them starts a process.
vi.setConfig({ testTimeout: 120_000 });

const long = '이 문장은 제목이 되기에는 너무 길어서 모델이 더 짧은 제목을 지어 주어야 하는 첫 메시지예요. 정말로요.';
const isTitle = (question: string) => question.startsWith('<conversation>');

let mailbox: Mailbox;
let provider: ScriptedProvider;

beforeAll(async () => {
  mailbox = await startMailbox();
  provider = await startScriptedProvider();
});
afterAll(async () => {
  await mailbox.close();
  await provider.close();
});

async function place() {
  const on = await freshPlace();
  onTestFinished(() => rmSync(on.dataDir, { recursive: true, force: true }));
  return on;
}

/** A mail server that takes connections and says nothing. */
async function startMute() {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const jobsOf = ({ context }: TestServer) => context.database.read.selectFrom('jobs').selectAll().execute();
const untilAllDone = (server: TestServer) =>
  eventually(async () => ((await jobsOf(server)).length === 0 ? true : undefined), 30_000);
const titlesOf = ({ context }: TestServer) =>
  context.database.read.selectFrom('ledger').select('state').where('purpose', '=', 'title').orderBy('id').execute();

test('mails and titles that a killed process had begun are brought to their end by another one, once', async () => {
  const on = await place();
  const mute = await startMute();
  provider.setDefault(({ question }) => (isTitle(question) ? { fault: 'silent' } : { text: '답' }));
  const settings = { OPENAI_BASE_URL: provider.url, AUTO_TITLES: 'on', LOG_LEVEL: 'silent' };
  const killed = await startProcess({ ...settings, SMTP_URL: mute.url }, on);
  const url = (await killed.ready).replace('localhost', '127.0.0.1');
  const called = once(mute.server, 'connection');
  const person = await joinAs(url, 'person');
  await called;
  const { body } = await person.post('/chat', { content: long });
  await provider.request(1);
  expect((await send(`${url}/accounts/password/forgot`, 'POST', { email: person.email })).status).toBe(204);
  await killed.stop('SIGKILL');

  // The other one would wait until the killed one is surely dead.
  await writeTo(on, 'update jobs set due_at = 0');
  await writeTo(on, 'update instances set heartbeat_at = 0');
  provider.setDefault({ text: '짧은 제목' });
  const server = await startServer({ on, env: { ...settings, SMTP_URL: mailbox.url } });
  onTestFinished(() => server.close());
  const texts = [await mailbox.next(person.email), await mailbox.next(person.email)].map(({ text }) => text);
  await untilAllDone(server);
  expect((await clientOf(server.url, person.token).get(`/sessions/${body.session_id}`)).body.title).toBe('짧은 제목');
  await eventually(async () =>
    (await titlesOf(server)).every(({ state }) => state !== 'reserved') ? true : undefined,
  );
  expect(await titlesOf(server)).toEqual([{ state: 'refunded' }, { state: 'settled' }]);
  expect(mailbox.mails.filter(({ to }) => to.includes(person.email))).toHaveLength(2);
  const reset = /#token=([\w-]{43})/.exec(texts.join())![1]!;
  const changed = await send(`${server.url}/accounts/password/reset`, 'POST', {
    token: reset,
    password: 'another horse 8',
  });
  expect(changed.status).toBe(204);
});

test('what an instance that stops has begun is done by the next one at once, and was not tried', async () => {
  const on = await place();
  provider.reset();
  provider.setDefault(({ question }) => (isTitle(question) ? { fault: 'silent' } : { text: '답' }));
  const env = { OPENAI_BASE_URL: provider.url, AUTO_TITLES: 'on' };
  const first = await startServer({ on, env });
  const person = await joinAs(first.url, 'person');
  const { body } = await person.post('/chat', { content: long });
  await provider.request(1);
  await first.close();
  provider.setDefault({ text: '짧은 제목' });
  const second = await startServer({ on, env });
  onTestFinished(() => second.close());
  await untilAllDone(second);
  expect((await clientOf(second.url, person.token).get(`/sessions/${body.session_id}`)).body.title).toBe('짧은 제목');
  expect(await titlesOf(second)).toEqual([{ state: 'refunded' }, { state: 'settled' }]);
});

test('each job is done by one instance', async () => {
  const on = await place();
  const env = { SMTP_URL: mailbox.url };
  const instances = [await startServer({ on, env })];
  if (inject('database') === 'postgres') instances.push(await startServer({ on, env }));
  onTestFinished(async () => void (await Promise.all(instances.map((instance) => instance.close()))));
  const before = mailbox.mails.length;
  const addresses = Array.from({ length: 60 }, (_, index) => `each-${index}@example.com`);
  await Promise.all(
    addresses.map((to) =>
      instances[0]!.context.database.write(leaveMail, { userId: null, mail: { about: 'email_changed', to } }),
    ),
  );
  for (const { context } of instances) context.jobs.wake();
  await untilAllDone(instances[0]!);
  const sent = mailbox.mails.slice(before).flatMap(({ to }) => to);
  expect(sent.toSorted()).toEqual(addresses.toSorted());
});

test('a job that fails is tried again later, and at last given up with a line in the log', async () => {
  const lines: string[] = [];
  const logTo = { write: (line: string) => void lines.push(line) };
  // Port 1 refuses every connection.
  const server = await startServer({ env: { SMTP_URL: 'smtp://127.0.0.1:1', LOG_LEVEL: 'warn' }, logTo });
  onTestFinished(() => server.close());
  await joinAs(server.url, 'person');
  const failed = (said: string) => eventually(async () => lines.find((line) => line.includes(said)));
  await failed('tried again later');
  const [postponed] = await eventually(async () => {
    const jobs = await jobsOf(server);
    return jobs[0]!.due_at <= Date.now() + 30_000 ? jobs : undefined;
  });
  expect(postponed).toMatchObject({ kind: 'mail', attempts: 1 });
  expect(postponed!.due_at).toBeGreaterThan(Date.now());
  await writeTo(server, 'update jobs set attempts = 6, due_at = 0');
  await failed('given up');
  await untilAllDone(server);
});
