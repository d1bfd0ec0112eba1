import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startChatServer, type ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { openSocket } from '#test/socket-client.ts';

let server: ChatServer;
let member: Client;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  const logTo = { write: (line: string) => void lines.push(JSON.parse(line)) };
  server = await startChatServer({ env: { LOG_LEVEL: 'info' }, logTo });
  member = await server.join();
});
afterAll(() => server.close());

test.each([
  ['/chat', { content: 'hello' }],
  ['/chat/stream', { content: 'hello' }],
  ['/sessions/ID/prompts', { content: 'hello' }],
  ['/v1/chat/completions', { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] }],
])('%s has one id in its answer, in the log and at the provider', async (path, body) => {
  const { id } = (await member.post('/sessions', { bot: 'free' })).body;
  const asked = server.provider.requests.length;
  const answer = await member.post(path.replace('ID', id), body);
  const traceId = answer.headers.get('x-request-id');
  expect(answer.status).toBeLessThan(300);
  const { headers } = await server.provider.request(asked);
  expect(headers['x-client-request-id']).toBe(traceId);
  const line = await eventually(async () => lines.find(({ reqId, msg }) => reqId === traceId && msg === 'request'));
  expect(line).toMatchObject({ status: answer.status });
});

test('what a socket asks has the id of its log lines', async () => {
  const asked = server.provider.requests.length;
  const socket = await openSocket(server.url, { authorization: `Bearer ${member.token}` });
  socket.send({ type: 'chat', content: 'hello' });
  const { headers } = await server.provider.request(asked);
  socket.close();
  const line = await eventually(async () => lines.find(({ msg }) => msg === 'socket closed'));
  expect(headers['x-client-request-id']).toBe(line.reqId);
});
