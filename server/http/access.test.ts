/** Every operation of the API's own description, tried by each role (OWASP ASVS 8.2.1 and 8.2.2). */
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

interface Operation {
  method: string;
  /** As the description has it, `/chat/{id}`. */
  template: string;
  /** With what belongs to the owner in its place. */
  path: string;
  /** Refused without a credential. */
  needsLogin: boolean;
}

const MEMBERS_OWN = /\{/;
/** Anybody reads these, or does with them what anybody may. */
const PUBLIC = new Set([
  'GET /s/{id}',
  'GET /s/{id}/own',
  'POST /s/{id}/copy',
  'POST /s/{id}/report',
  'GET /quote/{id}',
  'PUT /quote/{id}/vote',
  'DELETE /quote/{id}/vote',
  'GET /bots/{slug}',
  'GET /v1/models/{*}',
]);
const ADMINISTRATORS = [/^\w+ \/admin(\/|$)/, /^(POST|PUT|DELETE) \/bots/, /^GET \/bots\/\{slug\}\/versions$/];
const OF_ADMINISTRATORS = /\/merge$/;
const FOR_KEYS = /^\/(v1|chat|sessions|models)(\/|$)/;
/** Enough to get past every check of a body; fields that a route does not know are ignored. */
const texts = ['title', 'name', 'nickname', 'content', 'query', 'reason'];
const body = {
  ...Object.fromEntries(texts.map((field) => [field, 'taken'])),
  role: 'user',
  visibility: 'public',
  metadata: { taken: 'yes' },
  tool_outputs: [{ tool_call_id: 'x', output: 'taken' }],
  into: 1,
  is_apply: true,
  hidden: true,
  current_password: 'correct horse 7',
  model: 'demo',
  assistant_id: 'asst_x',
  file_id: 'file-x',
  attributes: { taken: 'yes' },
  file_ids: ['file-x'],
};
const beta = { 'openai-beta': 'assistants=v2' };

let server: TestServer;
let owner: Client;
let stranger: Client;
let key: string;
let strangersKey: string;
let operations: Operation[];

beforeAll(async () => {
  server = await startServer({ env: { DAILY_REQUEST_LIMIT: '-1' } });
  await joinAs(server.url, 'administrator');
  owner = await joinAs(server.url, 'owner');
  stranger = await joinAs(server.url, 'stranger');
  key = (await owner.post('/keys', { name: 'own' })).body.key;
  strangersKey = (await stranger.post('/keys', { name: 'own' })).body.key;
  const places = [...(await ownThings()), ...(await gatewayThings())];
  const { paths } = (await send(`${server.url}/openapi.json`, 'GET')).body as {
    paths: Record<string, Record<string, { security?: object[] }>>;
  };
  operations = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, { security = [] }]) => ({
      method: method.toUpperCase(),
      template,
      path: placed(template, places),
      needsLogin: security.length > 0 && security.every((way) => Object.keys(way).length > 0),
    })),
  );
}, 60_000);
afterAll(() => server.close());

type Place = [prefix: string, ids: Record<string, string | number>];

async function ownThings(): Promise<Place[]> {
  const { body: turn } = await owner.post('/chat', { content: 'mine' });
  const { body: stream } = await owner.post('/chat/stream', { content: 'mine too' });
  const { body: page } = await owner.post(`/sessions/${turn.session_id}/snapshots`, {});
  const { body: quote } = await owner.post('/quote', { content: '내가 바라는 대사' });
  const { body: keys } = await owner.get('/keys');
  const { body: logins } = await owner.get('/accounts/logins');
  const { body: profile } = await owner.get('/accounts/profile');
  return [
    ['/chat/stream', { streamId: stream.stream_id }],
    ['/chat', { id: turn.id }],
    ['/sessions', { id: turn.session_id, promptId: turn.id }],
    ['/s/', { id: page.id }],
    ['/quote', { id: quote.id }],
    ['/keys', { id: keys.results[0].id }],
    ['/accounts/logins', { id: logins.logins[0].id }],
    ['/accounts', { provider: 'kakao' }],
    ['/admin/users', { id: profile.id }],
    ['/admin/pages', { id: page.id }],
    ['/admin', { id: 1, name: 'gpt-4o' }],
    ['/bots', { slug: 'free' }],
  ];
}

async function gatewayThings(): Promise<Place[]> {
  const openai = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
  const response = await openai.responses.create({ model: 'demo', input: 'mine' });
  const content = await toFile(Buffer.from('바다는 파랗다'), 'sea.txt');
  const file = await openai.files.create({ file: content, purpose: 'assistants' });
  const store = await openai.vectorStores.create({ name: 'mine' });
  const batch = await openai.vectorStores.fileBatches.createAndPoll(
    store.id,
    { file_ids: [file.id] },
    { pollIntervalMs: 20 },
  );
  const assistant = await openai.beta.assistants.create({ model: 'demo', name: 'mine' });
  const thread = await openai.beta.threads.create({ messages: [{ role: 'user', content: 'mine' }] });
  const run = await openai.beta.threads.runs.createAndPoll(
    thread.id,
    { assistant_id: assistant.id },
    { pollIntervalMs: 20 },
  );
  const [step] = (await openai.beta.threads.runs.steps.list(run.id, { thread_id: thread.id })).data;
  const [message] = (await openai.beta.threads.messages.list(thread.id)).data;
  return [
    ['/v1/responses', { id: response.id }],
    ['/v1/files', { id: file.id }],
    ['/v1/vector_stores', { id: store.id, file: file.id, batch: batch.id }],
    ['/v1/assistants', { id: assistant.id }],
    ['/v1/threads/{thread}/messages', { thread: thread.id, id: message!.id }],
    ['/v1/threads', { thread: thread.id, run: run.id, id: step!.id }],
    ['/v1/models', { '*': 'demo' }],
    // Jobs are for administrators, and need a provider that trains; stored completions need one that stores.
    ['/v1/fine_tuning', { id: 'ftjob-1' }],
    ['/v1/chat/completions', { id: 'chatcmpl-1' }],
  ];
}

/** A parameter that nothing stands for fails here, so that no new route is left out. */
function placed(template: string, places: Place[]): string {
  const ids = places.find(([prefix]) => template.startsWith(prefix))?.[1];
  return template.replaceAll(/\{(.+?)\}/g, (_whole, name: string) => {
    if (ids?.[name] === undefined) throw new Error(`say in this test what ${name} of ${template} is`);
    return String(ids[name]);
  });
}

const nameOf = ({ method, template }: Operation) => `${method} ${template}`;
const isAdministrators = (operation: Operation) =>
  ADMINISTRATORS.some((pattern) => pattern.test(nameOf(operation))) || OF_ADMINISTRATORS.test(operation.template);
/** `/v1` takes keys of its own. */
const ask = ({ method, path }: Operation, token: string) =>
  send(server.url + path, method, method === 'GET' ? undefined : body, {
    ...beta,
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  });

async function statusesOf(chosen: Operation[], token: string): Promise<[string, number][]> {
  const statuses: [string, number][] = [];
  for (const operation of chosen) statuses.push([nameOf(operation), (await ask(operation, token)).status]);
  return statuses;
}

test('a guest is asked to log in wherever a login is needed', async () => {
  const chosen = operations.filter(({ needsLogin }) => needsLogin);
  expect(chosen.length).toBeGreaterThan(80);
  const statuses = await statusesOf(chosen, '');
  expect(statuses.filter(([, status]) => status !== 401)).toEqual([]);
});

test('what is for administrators is refused to members', async () => {
  const chosen = operations.filter(isAdministrators);
  expect(chosen.length).toBeGreaterThan(15);
  const statuses = await statusesOf(chosen, stranger.token);
  expect(statuses.filter(([, status]) => status !== 403)).toEqual([]);
});

test('an API key opens the models and what was asked of them, and nothing of an account', async () => {
  const chosen = operations.filter(({ template, needsLogin }) => needsLogin && !FOR_KEYS.test(template));
  expect(chosen.length).toBeGreaterThan(30);
  const statuses = await statusesOf(chosen, key);
  expect(statuses.filter(([, status]) => status !== 403)).toEqual([]);
});

test('what belongs to somebody is to another member as if it were not there, and stays as it was', async () => {
  const owned = operations.filter(
    (operation) =>
      MEMBERS_OWN.test(operation.template) &&
      operation.needsLogin &&
      !isAdministrators(operation) &&
      !PUBLIC.has(nameOf(operation)) &&
      !/\{provider\}|fine_tuning|\/models/.test(operation.template),
  );
  expect(owned.length).toBeGreaterThan(45);
  // The demo model keeps no answers.
  const readable = owned.filter(
    ({ method, template }) => method === 'GET' && !/stream|responses|completions/.test(template),
  );
  const before = await readAll(readable);
  for (const operation of owned) {
    const token = operation.template.startsWith('/v1/') ? strangersKey : stranger.token;
    const { status } = await ask(operation, token);
    // What everybody reads is there, and not to be changed.
    const refused = ['/quote/{id}', '/s/{id}'].includes(operation.template) ? 403 : 404;
    expect([nameOf(operation), status]).toEqual([nameOf(operation), refused]);
  }
  expect(await readAll(readable)).toEqual(before);
});

/** What the owner sees, by operation; a 200 each, so that the refusals above are not those of a wrong address. */
async function readAll(chosen: Operation[]): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const operation of chosen) {
    const { token } = operation.template.startsWith('/v1/') ? clientOf(server.url, key) : owner;
    const answer = await ask(operation, token);
    expect([nameOf(operation), answer.status]).toEqual([nameOf(operation), 200]);
    seen[nameOf(operation)] = answer.body;
  }
  return seen;
}
