import { DatabaseSync } from 'node:sqlite';
import { joinAs, send, type Client } from '#test/client.ts';
import { say, start } from './instance.ts';

/** Values that nothing of ours ever has: found in a column, they were taken from a body. */
const NUMBER = 987_654_321;
const TEXT = 'smuggled-value';

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  allOf?: Schema[];
  oneOf?: Schema[];
}
interface Write {
  method: string;
  path: string;
  /** Fields that the route knows. */
  fields: string[];
}

/** What the routes that need something are given; a field that a route does not know is ignored. */
const needed = {
  content: 'a line of text',
  bot: 'planner',
  name: 'a name',
  email: 'again@example.com',
  password: 'correct horse 7',
  current_password: 'correct horse 7',
  url: 'https://hooks.example.com/a',
  nickname: 'again',
  title: 'a title',
  model: 'demo',
  input: 'hi',
  prompt: 'hi',
  messages: [{ role: 'user', content: 'hi' }],
  role: 'user',
  metadata: { a: 'b' },
  attributes: { a: 'b' },
};

/** K21: every column of the database, sent to every write that a member may do, and then looked for. */
export async function massAssignment(): Promise<void> {
  const server = await start({ DAILY_REQUEST_LIMIT: '-1' }, 0);
  await joinAs(server.url, 'chief');
  const member = await joinAs(server.url, 'member');
  const database = new DatabaseSync(`${server.dataDir}/daesa.sqlite`, { readOnly: true });
  const columns = columnsOf(database);
  const names = [...new Set(columns.map(({ column }) => column))];
  const writes = await findWrites(server.url, member);
  let taken = 0;
  for (const write of writes) if (await sendAll(server.url, member, write, names)) taken += 1;
  const changed = columns.filter(({ table, column }) => {
    const found = `select count(*) as count from "${table}" where "${column}" = ? or "${column}" = ?`;
    return (database.prepare(found).get(NUMBER, TEXT) as { count: number }).count > 0;
  });
  const said = changed.map(({ table, column }) => `${table}.${column}`).join(', ');
  say(
    `K21  ${writes.length} writes (${taken} done) × ${names.length} columns: ${changed.length} fields changed ${said}`,
  );
  database.close();
  await server.stop();
}

function columnsOf(database: DatabaseSync): { table: string; column: string }[] {
  const text = `select t.name as "table", c.name as "column" from sqlite_schema t join pragma_table_info(t.name) c
    where t.type = 'table' and t.sql not like 'create virtual%' and t.name not like '%\\_fts%' escape '\\'`;
  return database.prepare(text).all() as { table: string; column: string }[];
}

/** Every POST, PUT and PATCH of the API's own description that a member may do, with the member's things in its path. */
async function findWrites(url: string, member: Client): Promise<Write[]> {
  const { body: document } = await send(`${url}/openapi.json`, 'GET');
  const { body: turn } = await member.post('/chat', { content: 'a first question' });
  const { body: page } = await member.post(`/sessions/${turn.session_id}/snapshots`, {});
  const { body: quote } = await member.post('/quote', { content: 'a line' });
  const { body: key } = await member.post('/keys', { name: 'a key' });
  const ids = { sessions: turn.session_id, s: page.id, quote: quote.id, keys: key.id } as Record<string, unknown>;
  const own = (path: string) =>
    path.replaceAll(/\{(\w+)\}/g, (_whole, name) => String(name === 'promptId' ? turn.id : ids[path.split('/')[1]!]));
  return Object.entries(document.paths as Record<string, Record<string, object>>)
    .filter(([path]) => !/^\/(admin|v1|bots)|\{(?!id|promptId)/.test(path) && !/logout|merge/.test(path))
    .flatMap(([path, methods]) =>
      ['post', 'put', 'patch']
        .filter((method) => method in methods)
        .map((method) => ({
          method: method.toUpperCase(),
          path: own(path),
          fields: fieldsOf(document, bodyOf(methods[method])),
        })),
    );
}

function bodyOf(operation: unknown): Schema {
  const { requestBody } = operation as { requestBody?: { content: Record<string, { schema: Schema }> } };
  return requestBody?.content['application/json']?.schema ?? {};
}

function fieldsOf(document: { components: { schemas: Record<string, Schema> } }, schema: Schema): string[] {
  if (schema.$ref) return fieldsOf(document, document.components.schemas[schema.$ref.split('/').at(-1)!]!);
  const parts = [...(schema.anyOf ?? []), ...(schema.allOf ?? []), ...(schema.oneOf ?? [])];
  return [...Object.keys(schema.properties ?? {}), ...parts.flatMap((part) => fieldsOf(document, part))];
}

/** Sends a body with every column that the route does not know; whether it was taken. */
async function sendAll(
  url: string,
  member: Client,
  { method, path, fields }: Write,
  names: string[],
): Promise<boolean> {
  const columns = names.filter((name) => !fields.includes(name));
  const asNumbers = Object.fromEntries(columns.map((name) => [name, NUMBER]));
  const asTexts = Object.fromEntries(columns.map((name) => [name, TEXT]));
  // An account keeps its address and password, or the next write would not be its own.
  const kept = method === 'PUT' ? ['email', 'password'] : [];
  const known = Object.fromEntries(
    Object.entries(needed).filter(([name]) => fields.includes(name) && !kept.includes(name)),
  );
  let taken = false;
  for (const smuggled of [asNumbers, asTexts]) {
    const { status } = await send(
      url + path,
      method,
      { ...smuggled, ...known },
      { authorization: `Bearer ${member.token}` },
    );
    taken ||= status < 300;
  }
  return taken;
}
