import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashedWords } from '#server/gateway/demo-embedding.ts';
import { behaviourOfText } from './scripted-provider/behaviour.ts';
import type { Behaviour } from './scripted-provider/behaviour.ts';
import { control } from './scripted-provider/control.ts';
import type { Asked } from './scripted-provider/events.ts';
import { instantAnswers } from './scripted-provider/instant.ts';
import { play, sendJson } from './scripted-provider/play.ts';

export type { Behaviour } from './scripted-provider/behaviour.ts';

interface RecordedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  /** Parsed JSON, or the text where it is none. */
  body: unknown;
  rawBody: string;
  /** Tells its connection from others. */
  clientPort: number | undefined;
  /** Milliseconds of `performance.now()`. */
  at: number;
  closedAt?: number;
  /** Packets of its streamed answer that were written so far. */
  packets: number;
  /** True once the whole answer was handed over; false for ever when the client left before. */
  finished: boolean;
}

interface ScriptedProviderOptions {
  port?: number;
  models?: string[];
  /** Answers every completion from precomputed bytes and records nothing: for benchmarks. */
  instant?: boolean;
}

export interface ScriptedProvider {
  /** Ends in `/v1`. */
  url: string;
  /** What was asked. Lists of models, which come when they are stale, are only counted. */
  requests: RecordedRequest[];
  /** Requests so far, by path below `/v1`. */
  counts: Record<string, number>;
  /** Connections that are open now. */
  openConnections(): number;
  /** Behaviours of the coming completions, one each. */
  script(...next: Behaviour[]): void;
  /** The behaviour of all other completions; a function decides for each. */
  setDefault(behaviour: Behaviour | ((asked: Asked) => Behaviour)): void;
  setModels(ids: string[]): void;
  /** Milliseconds before the list of models is answered. */
  setModelDelay(milliseconds: number): void;
  /** Lets every held answer go on. */
  release(): void;
  /** Resolves with the request that is number `index` (from 0), as soon as it is there. */
  request(index: number): Promise<RecordedRequest>;
  /** Resolves once the client's side of that request is closed. */
  closed(index: number): Promise<RecordedRequest>;
  reset(): void;
  close(): Promise<void>;
}

/** A model provider that does as it is told, on a port of its own. */
export async function startScriptedProvider(options: ScriptedProviderOptions = {}): Promise<ScriptedProvider> {
  const requests: RecordedRequest[] = [];
  const counts: Record<string, number> = {};
  let models = options.models ?? ['gpt-5-mini', 'gpt-4o-mini', 'text-embedding-3-small'];
  let queue: Behaviour[] = [];
  let usual: Behaviour | ((asked: Asked) => Behaviour) = {};
  let releases: Array<() => void> = [];
  let watchers: Array<() => void> = [];
  let connections = 0;
  let modelDelayMs = 0;

  const changed = () => {
    const waiting = watchers;
    watchers = [];
    for (const watcher of waiting) watcher();
  };
  const held = () => new Promise<void>((resolve) => releases.push(resolve));
  const until = async <T>(found: () => T | undefined): Promise<T> => {
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => watchers.push(resolve));
    }
  };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? '/';
    counts[path] = (counts[path] ?? 0) + 1;
    const record: RecordedRequest = {
      method: incoming.method ?? 'GET',
      path,
      headers: incoming.headers,
      body: undefined,
      rawBody: '',
      clientPort: incoming.socket.remotePort,
      at: performance.now(),
      packets: 0,
      finished: false,
    };
    const left = new AbortController();
    response.once('close', () => {
      record.closedAt = performance.now();
      record.finished = response.writableFinished;
      left.abort();
      changed();
    });
    record.rawBody = await readAll(incoming);
    record.body = parse(record.rawBody);
    if (path.startsWith('/control/')) return control(provider, path, record.body, response);
    if (path !== '/v1/models') requests.push(record);
    changed();
    if (path === '/v1/models') {
      if (modelDelayMs > 0) await sleep(modelDelayMs, undefined, { signal: left.signal });
      return sendJson(response, 200, {
        object: 'list',
        data: models.map((id) => ({ id, object: 'model', owned_by: 'scripted' })),
      });
    }
    if (path === '/v1/embeddings') return sendJson(response, 200, embeddings(record.body));
    if (path !== '/v1/chat/completions') return sendJson(response, 404, { error: { message: 'Unknown URL' } });
    const asked = askedOf(record.body);
    const told = queue.shift() ?? behaviourOfText(asked.model) ?? behaviourOfText(asked.question) ?? usual;
    const behaviour = typeof told === 'function' ? told(asked) : told;
    await play(response, behaviour, asked, held, left.signal, () => (record.packets += 1));
  }

  const instant = options.instant ? instantAnswers(models) : undefined;
  const server = createServer((incoming, response) => {
    if (instant) return instant(incoming, response);
    answer(incoming, response).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === 'AbortError') && !response.destroyed) response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      connections -= 1;
    });
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');

  const provider: ScriptedProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    counts,
    openConnections: () => connections,
    script: (...next) => void queue.push(...next),
    setDefault: (behaviour) => {
      usual = behaviour;
    },
    setModels: (ids) => {
      models = ids;
    },
    setModelDelay: (milliseconds) => {
      modelDelayMs = milliseconds;
    },
    release: () => {
      for (const release of releases.splice(0)) release();
    },
    request: (index) => until(() => requests[index]),
    closed: (index) => until(() => (requests[index]?.closedAt === undefined ? undefined : requests[index])),
    reset: () => {
      requests.length = 0;
      queue = [];
      usual = {};
      for (const path of Object.keys(counts)) delete counts[path];
      for (const release of releases.splice(0)) release();
    },
    close: async () => {
      releases = [];
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}

function readAll(incoming: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    incoming.once('error', reject);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Vectors of hashed words: texts that share words are near each other. */
function embeddings(body: unknown): object {
  const { model, input, dimensions } = body as { model: string; input: string | string[]; dimensions?: number };
  const data = [input].flat().map((text, index) => ({
    object: 'embedding',
    index,
    embedding: hashedWords(text, dimensions),
  }));
  return { object: 'list', model, data, usage: { prompt_tokens: 7, total_tokens: 7 } };
}

interface CompletionBody {
  model?: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  messages?: Array<{ role: string; content: unknown }>;
}

function askedOf(body: unknown): Asked {
  const { model = 'scripted', stream = false, stream_options, messages = [] } = (body ?? {}) as CompletionBody;
  const last = messages.findLast((message) => message.role === 'user')?.content ?? '';
  return {
    model,
    question: typeof last === 'string' ? last : JSON.stringify(last),
    stream,
    includeUsage: stream_options?.include_usage === true,
  };
}
