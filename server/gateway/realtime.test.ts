import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import OpenAI from 'openai';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { eventually } from '#test/chat-server.ts';
import { startServer, type TestServer } from '#test/server.ts';

interface PeerSocket {
  on(event: 'message', listener: (data: Buffer) => void): void;
  on(event: 'close', listener: () => void): void;
  send(text: string): void;
}
interface PeerServer {
  on(
    event: 'connection',
    listener: (socket: PeerSocket, request: { url: string; headers: Record<string, string> }) => void,
  ): void;
}
// The package comes with the WebSocket plugin of the server.
const require = createRequire(createRequire(import.meta.url).resolve('@fastify/websocket'));
const { WebSocketServer } = require('ws') as { WebSocketServer: new (options: { server: Server }) => PeerServer };

let peer: Server;
let server: TestServer;
let administrator: Client;
let owner: Client;
let speaker: Client;
let speakerId: number;
let later = 0;
let key: { id: number; key: string };
interface Seen {
  url: string;
  authorization: string | undefined;
  closed: boolean;
  messages: { type: string; session?: object; response?: object; item?: { content: { type: string }[] } }[];
}
const seen: Seen[] = [];

/** A provider that answers each `response.create` in two words; `[[hang]]` in it leaves the second one out. */
function play(socket: PeerSocket, request: { url: string; headers: Record<string, string> }): void {
  const record: Seen = { url: request.url, authorization: request.headers.authorization, closed: false, messages: [] };
  seen.push(record);
  let count = 0;
  socket.on('close', () => {
    record.closed = true;
  });
  const say = (event: object) => socket.send(JSON.stringify(event));
  say({ type: 'session.created' });
  socket.on('message', (data) => {
    const event = JSON.parse(data.toString()) as { type: string; say?: object[]; response?: { instructions?: string } };
    record.messages.push(event);
    for (const told of event.say ?? []) say(told);
    if (event.type !== 'response.create') return;
    count += 1;
    const id = `resp_${count}`;
    say({ type: 'response.created', response: { id } });
    say({ type: 'response.output_text.delta', response_id: id, delta: 'Hello' });
    if (event.response?.instructions === '[[hang]]') return;
    say({
      type: 'response.done',
      response: {
        id,
        status: 'completed',
        usage: { input_tokens: 100, output_tokens: 50, output_token_details: { audio_tokens: 40 } },
      },
    });
  });
}

beforeAll(async () => {
  peer = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"data":[{"id":"gpt-realtime"}]}');
  });
  new WebSocketServer({ server: peer }).on('connection', play);
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(peer.address() as AddressInfo).port}/v1`;
  server = await startServer({
    clock: () => Date.now() + later,
    env: { OPENAI_BASE_URL: base, OPENAI_API_KEY: 'sk-canary', DAILY_REQUEST_LIMIT: '3' },
  });
  administrator = await joinAs(server.url, 'administrator');
  owner = await joinAs(server.url, 'owner');
  key = (await owner.post('/keys', { name: 'voice' })).body;
  await renewSpeaker();
});
/** Somebody whose units do not end, with a new key. */
async function renewSpeaker(): Promise<void> {
  const made = (await administrator.post('/keys', { name: 'voice' })).body;
  speakerId = made.id;
  speaker = clientOf(server.url, made.key);
}

afterAll(async () => {
  await server.close();
  peer.closeAllConnections();
  await new Promise((resolve) => peer.close(resolve));
});

interface Talk {
  socket: WebSocket;
  events: { type: string; error?: { code: string }; session?: object; item?: object }[];
  until(type: string, count?: number): Promise<{ type: string; error?: { code: string } }>;
}

async function talk(
  options: { protocols?: string[]; headers?: Record<string, string> },
  query = '?model=gpt-realtime',
): Promise<Talk> {
  const url = `${server.url.replace('http', 'ws')}/v1/realtime${query}`;
  const socket = new WebSocket(url, options);
  const events: Talk['events'] = [];
  socket.addEventListener('message', (event) => events.push(JSON.parse(String(event.data))));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('refused')));
  });
  const until = (type: string, count = 1) =>
    eventually(async () => events.filter((event) => event.type === type)[count - 1]);
  return { socket, events, until };
}

/** The newest session at the provider, once it has got so many messages. */
const received = (count: number) =>
  eventually(async () => ((seen.at(-1)?.messages.length ?? 0) >= count ? seen.at(-1)!.messages : undefined));
const rows = () => server.context.database.read.selectFrom('ledger').selectAll().orderBy('id').execute();
const create = (instructions = 'Hi') => JSON.stringify({ type: 'response.create', response: { instructions } });

test(
  'each response takes a unit and is settled; past the quota the session says so and goes on',
  { timeout: 30_000 },
  async () => {
    const { socket, until } = await talk({ protocols: ['realtime', `openai-insecure-api-key.${key.key}`] });
    await until('session.created');
    expect(socket.protocol).toBe('realtime');
    expect(seen.at(-1)).toMatchObject({ url: '/v1/realtime?model=gpt-realtime', authorization: 'Bearer sk-canary' });
    socket.send(create());
    await until('response.done');
    expect((await rows()).at(-1)).toMatchObject({
      state: 'settled',
      endpoint: 'realtime',
      prompt_tokens: 100,
      completion_tokens: 50,
      cost: 100 * 4_000 + 10 * 16_000 + 40 * 64_000,
    });
    socket.send(create('[[hang]]'));
    await until('response.output_text.delta', 2);
    socket.close();
    await eventually(async () => ((await rows()).at(-1)?.state === 'settled' ? true : undefined));
    expect((await rows()).at(-1)).toMatchObject({ estimated: 1, cost: null });
    await eventually(async () => seen.at(-1)?.closed || undefined);

    const second = await talk({ headers: { authorization: `Bearer ${key.key}` } });
    second.socket.send(create());
    await second.until('response.done');
    second.socket.send(create());
    expect((await second.until('error')).error?.code).toBe('quota_exhausted');
    expect(await rows()).toHaveLength(3);
    await owner.delete(`/keys/${key.id}`);
    await new Promise((resolve) => second.socket.addEventListener('close', resolve));
    await eventually(async () => seen.at(-1)?.closed || undefined);
  },
);

test('without a key there is no session', async () => {
  await expect(talk({ protocols: ['realtime'] })).rejects.toThrow('refused');
  await expect(talk({ protocols: ['realtime', 'openai-insecure-api-key.sk-daesa-wrong'] })).rejects.toThrow('refused');
});

describe('a short-lived key', () => {
  const make = (body: object, path = 'client_secrets') => speaker.post(`/v1/realtime/${path}`, body);

  test('opens realtime sessions as they were asked for, and nothing else', async () => {
    const session = { type: 'realtime', model: 'gpt-realtime', instructions: 'Speak slowly' };
    const made = await make({ expires_after: { anchor: 'created_at', seconds: 60 }, session });
    expect(made.status).toBe(200);
    expect(made.body).toMatchObject({ value: expect.stringMatching(/^ek_daesa_/), session });
    expect(made.body.expires_at - Math.floor((Date.now() + later) / 1_000)).toBeLessThanOrEqual(60);
    const { value } = made.body;
    const { socket, until } = await talk({ protocols: ['realtime', `openai-insecure-api-key.${value}`] }, '');
    await until('session.created');
    expect(seen.at(-1)).toMatchObject({ url: '/v1/realtime?model=gpt-realtime', authorization: 'Bearer sk-canary' });
    socket.send(create());
    await until('response.done');
    const [first] = await received(2);
    expect(first).toEqual({ type: 'session.update', session: { type: 'realtime', instructions: 'Speak slowly' } });
    socket.close();
    for (const path of ['/v1/models', '/chat', '/keys', '/accounts/profile']) {
      expect((await clientOf(server.url, value).get(path)).status).toBe(401);
    }
    expect((await clientOf(server.url, value).post('/v1/realtime/client_secrets', {})).status).toBe(401);
  });

  test('ends after its time, and with the key that it was made with', async () => {
    const ended = (await make({ expires_after: { seconds: 60 } })).body.value;
    later += 61_000;
    await expect(talk({ headers: { authorization: `Bearer ${ended}` } })).rejects.toThrow('refused');
    const { value } = (await make({})).body;
    const { socket } = await talk({ headers: { authorization: `Bearer ${value}` } });
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
    await administrator.delete(`/keys/${speakerId}`);
    await closed;
    await expect(talk({ headers: { authorization: `Bearer ${value}` } })).rejects.toThrow('refused');
    await renewSpeaker();
  });

  test('is made by OpenAI’s client', async () => {
    const openai = new OpenAI({ apiKey: speaker.token, baseURL: `${server.url}/v1`, maxRetries: 0 });
    const made = await openai.realtime.clientSecrets.create({ session: { type: 'realtime', model: 'gpt-realtime' } });
    expect([made.value.startsWith('ek_daesa_'), made.session.type]).toEqual([true, 'realtime']);
  });

  test('says what is wrong with its session', async () => {
    const wrong = await make({ expires_after: { seconds: 5 } });
    expect([wrong.status, wrong.body.error.param]).toEqual([400, 'expires_after.seconds']);
    expect((await send(`${server.url}/v1/realtime/client_secrets`, 'POST', {})).status).toBe(401);
  });
});

describe('a client of the beta', () => {
  const headers = () => ({ authorization: `Bearer ${speaker.token}`, 'openai-beta': 'realtime=v1' });

  test('is understood, and hears the names that it knows', async () => {
    const { socket, until, events } = await talk({ headers: headers() });
    await until('session.created');
    const session = {
      modalities: ['text', 'audio'],
      voice: 'verse',
      input_audio_format: 'pcm16',
      output_audio_format: 'g711_ulaw',
      turn_detection: null,
      max_response_output_tokens: 300,
      temperature: 0.8,
    };
    socket.send(JSON.stringify({ type: 'session.update', session }));
    const item = { type: 'message', role: 'assistant', content: [{ type: 'text', text: 'Hi' }] };
    const today = { ...item, content: [{ type: 'output_text', text: 'Hi' }] };
    const say = [
      { type: 'conversation.item.added', item: today },
      { type: 'conversation.item.done', item: today },
      { type: 'session.updated', session: { output_modalities: ['audio'], audio: { output: { voice: 'verse' } } } },
    ];
    socket.send(JSON.stringify({ type: 'conversation.item.create', item, say }));
    socket.send(JSON.stringify({ type: 'response.create', response: { modalities: ['text'] } }));
    await until('response.done');
    expect(await received(3)).toMatchObject([
      {
        type: 'session.update',
        session: {
          type: 'realtime',
          output_modalities: ['audio'],
          max_output_tokens: 300,
          audio: {
            input: { format: { type: 'audio/pcm', rate: 24_000 }, turn_detection: null },
            output: { format: { type: 'audio/pcmu' }, voice: 'verse' },
          },
        },
      },
      { item: { content: [{ type: 'output_text' }] } },
      { type: 'response.create', response: { output_modalities: ['text'] } },
    ]);
    expect(seen.at(-1)!.messages[0]!.session).not.toHaveProperty('temperature');
    expect(events.map(({ type }) => type)).toEqual([
      'session.created',
      'conversation.item.created',
      'session.updated',
      'response.created',
      'response.text.delta',
      'response.done',
    ]);
    expect(events[1]!.item).toEqual(item);
    expect(events[2]!.session).toEqual({ modalities: ['audio', 'text'], voice: 'verse' });
    socket.close();
  });

  test('gets its short-lived key where the beta had it', async () => {
    const { body } = await speaker.post('/v1/realtime/sessions', { model: 'gpt-realtime', voice: 'verse' });
    expect(body).toMatchObject({ object: 'realtime.session', voice: 'verse' });
    const protocols = ['realtime', `openai-insecure-api-key.${body.client_secret.value}`];
    const { socket, until } = await talk({ protocols }, '');
    socket.send(JSON.stringify({ type: 'response.create' }));
    await until('response.text.delta');
    const [first] = await received(2);
    expect(first!.session).toEqual({ type: 'realtime', audio: { output: { voice: 'verse' } } });
    socket.close();
  });
});

describe('money in a session', () => {
  const lastRows = async (count: number) => (await rows()).slice(-count);

  test('is set aside at the known price of the longest response, and refused past the budget', async () => {
    const { key: limited } = (await administrator.post('/keys', { name: 'poor', monthly_budget_usd: 0.35 })).body;
    const { socket, until } = await talk({ headers: { authorization: `Bearer ${limited}` } });
    await until('session.created');
    socket.send(create('[[hang]]'));
    await until('response.output_text.delta');
    // 1,000 tokens heard at $32 a million, 4,096 said at $64.
    expect((await lastRows(1))[0]).toMatchObject({ reserved_cost: 1_000 * 32_000 + 4_096 * 64_000 });
    socket.send(create());
    expect((await until('error')).error?.code).toBe('budget_exhausted');
    socket.send(JSON.stringify({ type: 'response.create', response: { max_output_tokens: 100 } }));
    await until('response.done');
    expect((await lastRows(1))[0]).toMatchObject({ reserved_cost: 1_000 * 32_000 + 100 * 64_000 });
    socket.close();
  });

  test('also pays for the model that writes down what is heard', async () => {
    const { socket, until } = await talk({ headers: { authorization: `Bearer ${speaker.token}` } });
    const audio = { input: { transcription: { model: 'gpt-4o-mini-transcribe' } } };
    const usage = { type: 'tokens', input_tokens: 20, output_tokens: 10, input_token_details: { audio_tokens: 20 } };
    const say = [
      { type: 'session.updated', session: { audio } },
      { type: 'conversation.item.input_audio_transcription.completed', transcript: 'Hi', usage },
    ];
    socket.send(JSON.stringify({ type: 'session.update', session: { audio }, say }));
    await until('conversation.item.input_audio_transcription.completed');
    const [row] = await lastRows(1);
    expect(row).toMatchObject({ model: 'gpt-4o-mini-transcribe', units: 0, prompt_tokens: 20, completion_tokens: 10 });
    expect(row!.cost).toBeGreaterThan(0);
    socket.close();
  });
});
