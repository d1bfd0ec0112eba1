import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startChatServer, unitsUsed, type ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { openStream } from '#test/read-stream.ts';
import { writeTo } from '#test/write-to.ts';

let server: ChatServer;
let member: Client;

beforeAll(async () => {
  server = await startChatServer();
  member = await server.join();
});
afterEach(() => server.provider.reset());
afterAll(() => server.close());

/** An answer that is under way: the provider has been asked and says nothing yet. */
async function begin(content: string) {
  server.provider.script({ text: ['kept ', 'text'], hold: true });
  const asked = server.provider.requests.length;
  const { body } = await member.post('/chat/stream', { content });
  await server.provider.request(asked);
  return openStream(member, server.url, `/chat/stream/${body.stream_id}`);
}

test('the end of an answer waits for a database that does not take it yet', async () => {
  const stream = await begin('wait for me');
  await writeTo(server, 'alter table messages rename to elsewhere');
  server.provider.release();
  expect((await stream.event(1))!.data.type).toBe('CHUNK');
  // Long enough for the first try to have failed: nobody has been told of an end.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(stream.events.every(({ data }) => data.type !== 'END')).toBe(true);
  await writeTo(server, 'alter table elsewhere rename to messages');
  expect((await stream.all()).at(-1)!.data).toMatchObject({ type: 'END', full_content: 'kept text' });
  const { results } = (await member.get('/chat')).body;
  expect(results[0]).toMatchObject({ content: 'wait for me', status: 'done', response: 'kept text' });
  expect(await unitsUsed(member)).toBe(1);
});

test('an end that the database never takes becomes a failure of ours, with the unit back', async () => {
  const before = await unitsUsed(member);
  const stream = await begin('not storable');
  // Only replies are refused, as a row that breaks a rule of the database would be.
  const forbid = server.databaseUrl
    ? "alter table messages add constraint forbidden check (content <> 'kept text') not valid"
    : "create trigger forbidden before insert on messages when new.content = 'kept text' begin select raise(abort, 'forbidden'); end";
  await writeTo(server, forbid);
  server.provider.release();
  expect((await stream.all()).at(-1)!.data).toMatchObject({ type: 'ERROR', error: { code: 'internal', status: 500 } });
  const { results } = (await member.get('/chat')).body;
  expect(results[0]).toMatchObject({ content: 'not storable', status: 'failed', chat_reply: null });
  expect(await unitsUsed(member)).toBe(before);
});
