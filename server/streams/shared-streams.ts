/**
 * Streams across instances, by publish and subscribe of Redis. Each instance listens at one channel of its own:
 *
 *   {"want", "from"}    another instance has readers of this stream; "from" is where it listens
 *   {"leave", "from"}   it has none any more
 *   {"id", "at", "text"}   text of a stream that was wanted, from the place `at` on; first of all what there is
 *   {"id", "end": true}    that was all: the store has the rest
 *
 * Redis keeps nothing of it, so with an emptied one nothing is lost. While it is away readers get what is stored.
 */
import type { FastifyBaseLogger } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from '../redis/connect-redis.ts';
import type { StreamLog } from './stream-log.ts';

/** What comes of a stream that another instance writes. */
export interface StreamListener {
  onText(at: number, text: string): void;
  onEnd(): void;
}

export interface SharedStreams {
  /** Whether text comes from other instances at all now. */
  readonly connected: boolean;
  /** Listens to a stream of the instance `owner`; gives what ends that. */
  listen(id: string, owner: string, listener: StreamListener): () => void;
  /** Asks for the whole text once more, after a gap. */
  ask(id: string, owner: string): void;
  close(): void;
}

export interface SharedStreamsParts {
  /** For commands. */
  redis: Redis;
  /** A connection of its own, which listens. */
  subscriber: Redis;
  /** Sets this deployment apart from others on the same Redis. */
  deployment: string;
  instanceId: string;
  /** A log that this instance writes. */
  findLog: (id: string) => StreamLog | undefined;
  logger: FastifyBaseLogger;
}

type Message =
  | { want: string; from: string }
  | { leave: string; from: string }
  | { id: string; at: number; text: string }
  | { id: string; end: true };

/** Words of an answer come faster than anybody reads: what comes in this time is one message. */
const GATHER_MS = 20;

export async function createSharedStreams(parts: SharedStreamsParts): Promise<SharedStreams> {
  const { redis, subscriber, instanceId, logger } = parts;
  const listeners = new Map<string, StreamListener>();
  /** For each stream of ours: which instances have readers of it. */
  const wanted = new Map<string, Set<string>>();
  const closing = new AbortController();
  const channelOf = (instance: string) => `daesa:${parts.deployment}:instance:${instance}`;

  function send(instance: string, message: Message): void {
    if (!redis.isReady) return;
    redis.publish(channelOf(instance), JSON.stringify(message)).catch(() => undefined);
  }

  async function share(id: string, log: StreamLog, readers: Set<string>): Promise<void> {
    const toAll = (message: Message) => {
      for (const instance of readers) send(instance, message);
    };
    let at = log.length;
    const reader = log.join(closing.signal);
    try {
      while (readers.size > 0) {
        await reader.past(at);
        const text = log.from(at);
        if (text === '' && log.closed) break;
        toAll({ id, at, text });
        at += text.length;
        if (!log.closed) await sleep(GATHER_MS, undefined, { signal: closing.signal });
      }
    } finally {
      reader.leave();
    }
    toAll({ id, end: true });
    wanted.delete(id);
  }

  function begin(id: string, reader: string): void {
    const log = parts.findLog(id);
    if (!log) return send(reader, { id, end: true });
    send(reader, { id, at: 0, text: log.text });
    const readers = wanted.get(id);
    if (readers) return void readers.add(reader);
    const first = new Set([reader]);
    wanted.set(id, first);
    // Only the end of this process breaks it off.
    share(id, log, first).catch(() => undefined);
  }

  function receive(text: string): void {
    const message = JSON.parse(text) as Message;
    if ('want' in message) return begin(message.want, message.from);
    if ('leave' in message) return void wanted.get(message.leave)?.delete(message.from);
    const listener = listeners.get(message.id);
    if ('end' in message) listener?.onEnd();
    else listener?.onText(message.at, message.text);
  }

  const subscribe = () =>
    subscriber.subscribe(channelOf(instanceId), receive).catch((error: unknown) => {
      logger.debug({ err: error }, 'Redis could not be listened to yet');
    });
  // The client subscribes again by itself only where it has once succeeded.
  subscriber.on('ready', () => void subscribe());
  if (subscriber.isReady) await subscribe();

  return {
    get connected() {
      return redis.isReady && subscriber.isReady;
    },
    listen: (id, owner, listener) => {
      listeners.set(id, listener);
      send(owner, { want: id, from: instanceId });
      return () => {
        listeners.delete(id);
        send(owner, { leave: id, from: instanceId });
      };
    },
    ask: (id, owner) => send(owner, { want: id, from: instanceId }),
    close: () => {
      closing.abort(new Error('the server is closing'));
      subscriber.destroy();
    },
  };
}
