import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { chatBody, socketFrame, type SocketContext, type SocketEvent, type SocketFrame } from '#contracts/chat.ts';
import { Problem } from '../errors.ts';
import { parseJson } from '../http/json-body.ts';
import { toProblem } from '../http/problems.ts';
import type { Identify, Visitor } from '../http/visitor.ts';
import { ask, readIdempotencyKey } from '../turns/ask.ts';
import { findAnswer, findStream, follow, startOf, type Followed, type FollowParts } from '../turns/follow.ts';
import type { AskParts } from '../turns/start-turn.ts';

/** The part of a WebSocket (of the package ws) that a conversation needs. */
export interface Socket {
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: 'close', listener: () => void): void;
  send(text: string, sent: (error?: Error) => void): void;
  ping(): void;
  pause(): void;
  resume(): void;
  close(code: number, reason?: string): void;
  terminate(): void;
}

export type ConversationParts = AskParts & FollowParts & { identify: Identify; isClosing: () => boolean };

/** Who speaks, and the token that has to stay good. */
export interface Login {
  token: string;
  visitor: Visitor;
}

/** Private use: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.2. Like 401. */
const UNAUTHENTICATED = 4_401;
/** A login that has ended closes its sockets within two seconds. */
const CHECK_EVERY_MS = 1_000;
const PING_EVERY_MS = 15_000;
/** A reader that takes nothing for so long is dropped. */
const STALLED_MS = 60_000;
/** Frames that wait for the one before them; then the socket is not read further. */
const MOST_WAITING = 16;

/**
 * One socket: open ──login──▶ speaking ──▶ closed. Frames are taken one after the other, so that what they start is
 * answered in their order; the answers themselves come side by side, each event with its stream_id. Closing the
 * socket ends the reading, never what is being written.
 */
export function converse(
  socket: Socket,
  parts: ConversationParts,
  known: Login | undefined,
  { id: traceId, log: logger }: Pick<FastifyRequest, 'id' | 'log'>,
): void {
  let login = known;
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;
  let over = false;
  const left = new AbortController();
  const patience = setTimeout(() => void dismiss('No login came in time.'), parts.config.SOCKET_AUTH_TIMEOUT_MS);
  if (login) clearTimeout(patience);
  const checking = setInterval(() => void checkLogin(), CHECK_EVERY_MS);
  const pinging = setInterval(() => socket.ping(), PING_EVERY_MS);

  socket.on('close', () => {
    clearTimeout(patience);
    clearInterval(checking);
    clearInterval(pinging);
    left.abort(new Error('the socket was closed'));
  });
  socket.on('message', (data, isBinary) => {
    waiting += 1;
    if (waiting > MOST_WAITING) socket.pause();
    last = last.then(async () => {
      await take(data, isBinary);
      waiting -= 1;
      if (waiting === 0) socket.resume();
    });
  });

  async function take(data: Buffer, isBinary: boolean): Promise<void> {
    if (over || left.signal.aborted) return;
    const about: SocketContext = {};
    try {
      if (isBinary) throw new Problem('unreadable', 'Messages are text frames with JSON.');
      const value = parseJson(data, parts.config.JSON_DEPTH_LIMIT);
      await answer(readAs(socketFrame, value), value, about);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status >= 500) logger.error({ code: problem.code, err: problem.cause ?? problem }, 'failed');
      await send({ type: 'ERROR', error: problem.toDocument('/chat/ws'), ...about });
      if (!login) hangUp();
    }
  }

  async function answer(frame: SocketFrame, value: unknown, about: SocketContext): Promise<void> {
    if (frame.type === 'auth') return logIn(frame.token);
    if (!login) throw new Problem('unauthenticated');
    const { id: userId, key } = login.visitor;
    if (frame.type === 'stop') {
      about.stream_id = frame.stream_id;
      await findStream(parts, frame.stream_id, userId);
      return parts.generations.stop({ userId, id: frame.stream_id });
    }
    if (frame.idempotency_key !== undefined) about.idempotency_key = frame.idempotency_key;
    if (parts.isClosing()) throw new Problem('shutting_down', undefined, { retryAfterS: 5 });
    const idempotency = readIdempotencyKey(frame.idempotency_key, 'WS /chat/ws');
    const asked = await ask(parts, { id: userId, key, idempotency, traceId, waits: false }, readAs(chatBody, value));
    const followed =
      'repeats' in asked ? await findAnswer(parts, asked.repeats, userId) : { running: asked.generation };
    await send({ ...startOf(followed), ...about });
    void relay(followed, about);
  }

  async function logIn(token: string): Promise<void> {
    if (login) throw new Problem('invalid', 'This socket has a login already.');
    const visitor = await parts.identify(token);
    if (!visitor) throw new Problem('unauthenticated', 'This login is not valid (any more).');
    clearTimeout(patience);
    login = { token, visitor };
  }

  /** Hands every event after START on, as fast as the socket takes them. */
  async function relay(followed: Followed, about: SocketContext): Promise<void> {
    const id = 'running' in followed ? followed.running.plan.id : followed.stored.id;
    try {
      for await (const { event } of follow(parts, followed, { at: 0, started: true }, left.signal)) {
        await send({ ...event, stream_id: id, ...about });
      }
    } catch (error) {
      if (left.signal.aborted) return;
      logger.error({ err: error, generation: id }, 'a stream broke off');
      socket.terminate();
    }
  }

  function send(event: SocketEvent): Promise<void> {
    return new Promise((resolve) => {
      const stalled = setTimeout(() => socket.terminate(), STALLED_MS);
      socket.send(JSON.stringify(event), () => {
        clearTimeout(stalled);
        // What could not be sent is noticed by the close that follows.
        resolve();
      });
    });
  }

  async function checkLogin(): Promise<void> {
    if (!login) return;
    try {
      const visitor = await parts.identify(login.token);
      if (visitor) login = { ...login, visitor };
      else await dismiss('This login is not valid (any more).');
    } catch (error) {
      // A database that is away ends no login.
      logger.warn({ err: error }, 'a login could not be checked');
    }
  }

  async function dismiss(why: string): Promise<void> {
    login = undefined;
    await send({ type: 'ERROR', error: new Problem('unauthenticated', why).toDocument('/chat/ws') });
    hangUp();
  }

  /** Takes nothing more, also of what has come already. */
  function hangUp(): void {
    over = true;
    socket.close(UNAUTHENTICATED);
  }
}

function readAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const errors = read.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new Problem('invalid', errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '), {
    errors,
  });
}
