import { describe, expect, test } from 'vitest';
import type { StreamEvent } from '#contracts/chat.ts';
import { ApiProblem } from '../lib/api-client.ts';
import type { StreamEnd } from '../lib/stream-reader.ts';
import type { Session, SessionPrompt } from '#contracts/sessions.ts';
import type { ChatCalls } from './chat-calls.ts';
import { Thread } from './thread.ts';

const start: StreamEvent = { type: 'START', stream_id: 's1', chat_id: 11, session_id: 5 };
const end = (text: string, reason: 'stop' | 'stopped' = 'stop'): StreamEvent => ({
  type: 'END',
  full_content: text,
  chat_id: 11,
  usage: null,
  finish_reason: reason,
});

/** A thread whose server says what the test makes it say. */
function createThread(sessionId?: number, session?: Session) {
  const asked: { content: string | undefined; session_id: number | undefined; key: string }[] = [];
  const log: string[] = [];
  const keys: string[] = [];
  let emit: (event: StreamEvent, position: number) => void = () => {};
  let close: (end: StreamEnd) => void = () => {};
  let refusal: ApiProblem | undefined;
  const calls: ChatCalls = {
    ask: async (body, key) => {
      asked.push({ content: body.content, session_id: body.session_id, key });
      if (refusal) throw refusal;
      return 's1';
    },
    regenerate: async (_session, promptId, key) => {
      log.push(`regenerate ${promptId}`);
      keys.push(key);
      if (refusal) throw refusal;
      return 's2';
    },
    edit: async (_session, promptId, content) => {
      log.push(`edit ${promptId} ${content}`);
      if (refusal) throw refusal;
      return 's3';
    },
    choose: async () => session!,
    mark: async (_session, promptId, mark) => {
      log.push(`mark ${promptId} ${mark}`);
      if (refusal) throw refusal;
    },
    showBranch: async () => session!,
    follow: (_id, onEvent) =>
      new Promise((resolve) => {
        emit = onEvent;
        close = resolve;
      }),
    stop: async (id) => void log.push(`stop ${id}`),
    readSession: async () => session ?? Promise.reject(new ApiProblem('not_found', 404)),
  };
  const thread = new Thread(
    calls,
    {
      onAccepted: (_thread, question) => log.push(`accepted ${question}`),
      onOpened: (_thread, id) => log.push(`opened ${id}`),
      onSettled: () => log.push('settled'),
      schedule: (draw) => draw(),
    },
    sessionId,
  );
  return {
    thread,
    asked,
    log,
    keys,
    say: (event: StreamEvent, position = 0) => emit(event, position),
    close: async (how: StreamEnd = 'over') => {
      close(how);
      await turnOfTheLoop();
    },
    refuse: (problem: ApiProblem | undefined) => (refusal = problem),
    last: () => thread.read().turns.at(-1)!,
  };
}

const turnOfTheLoop = () => new Promise((resolve) => setTimeout(resolve, 0));

function stored(overrides: Partial<SessionPrompt> = {}): Session {
  const at = '2026-11-21T05:00:00.000Z';
  const prompt: SessionPrompt = {
    id: 11,
    kind: 'question',
    content: 'hi',
    created_at: at,
    status: 'done',
    stream_id: null,
    replies: [{ id: 12, content: 'hello', model: 'm', created_at: at }],
    chosen: 12,
    versions: [11],
    ...overrides,
  };
  return {
    id: 5,
    bot: 'free',
    title: 'T',
    status: 'open',
    visibility: 'private',
    pinned: false,
    next_question: null,
    created_at: at,
    updated_at: at,
    user: 'a@example.com',
    mine: true,
    prompts: [prompt],
  };
}

describe('a conversation', () => {
  test('shows the question at once and the answer as it comes', async () => {
    const { thread, say, close, log, last } = createThread();
    thread.send('안녕');
    expect(last()).toMatchObject({ question: '안녕', state: 'sending' });
    await turnOfTheLoop();
    say(start);
    expect(last()).toMatchObject({ id: 11, state: 'waiting' });
    say({ type: 'CHUNK', content: '반가' }, 2);
    say({ type: 'CHUNK', content: '워요' }, 4);
    expect(last()).toMatchObject({ answer: '반가워요', state: 'streaming' });
    say(end('반가워요'), 5);
    await close();
    expect(last()).toMatchObject({ answer: '반가워요', state: 'done' });
    expect(log).toEqual(['accepted 안녕', 'opened 5', 'settled']);
    expect(thread.read().sessionId).toBe(5);
  });

  test('never shows a piece of text twice, however often it is sent', async () => {
    const { thread, say, last } = createThread();
    thread.send('hi');
    await turnOfTheLoop();
    say(start);
    say({ type: 'CHUNK', content: 'abc' }, 3);
    say(start);
    say({ type: 'CHUNK', content: 'abcdef' }, 6);
    say({ type: 'CHUNK', content: 'def' }, 6);
    expect(last().answer).toBe('abcdef');
  });

  test('asks one question at a time', async () => {
    const { thread, asked } = createThread();
    thread.send('one');
    thread.send('two');
    await turnOfTheLoop();
    expect(asked.map(({ content }) => content)).toEqual(['one']);
  });

  test('gives a refused message back, and asks it again under the same key', async () => {
    const { thread, refuse, asked, say } = createThread();
    refuse(new ApiProblem('internal', 500));
    thread.send('hi');
    await turnOfTheLoop();
    const { refusal, turns } = thread.read();
    expect(turns).toEqual([]);
    expect(refusal).toMatchObject({ question: 'hi', problem: { code: 'internal' } });
    refuse(undefined);
    thread.send(refusal!.question, refusal!.key);
    await turnOfTheLoop();
    say(start);
    expect(asked.map(({ key }) => key)).toEqual([refusal!.key, refusal!.key]);
    expect(thread.read().refusal).toBeUndefined();
  });

  test('tries an answer again under the same key until the server has taken it', async () => {
    const { thread, refuse, keys, say, close, last } = createThread(5, stored());
    await thread.load();
    refuse(new ApiProblem('unreachable', 0));
    await thread.retry(last());
    refuse(undefined);
    const second = thread.retry(last());
    await turnOfTheLoop();
    say(end('hello again'));
    await close();
    await second;
    refuse(new ApiProblem('unreachable', 0));
    await thread.retry(last());
    expect(keys).toHaveLength(3);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  test('stops an answer that was stopped before its stream existed', async () => {
    const { thread, log, say, close, last } = createThread();
    thread.send('hi');
    await thread.stop();
    await turnOfTheLoop();
    expect(log).toContain('stop s1');
    say(end('', 'stopped'), 1);
    await close();
    expect(last().state).toBe('stopped');
  });

  test('goes on with an answer that is being written when the page is opened', async () => {
    const { thread, say, last } = createThread(5, stored({ status: 'running', stream_id: 's1' }));
    await thread.load();
    expect(last()).toMatchObject({ state: 'streaming', answer: 'hello' });
    say(start);
    say({ type: 'CHUNK', content: 'hello wor' }, 9);
    say({ type: 'CHUNK', content: 'ld' }, 11);
    expect(last().answer).toBe('hello world');
  });

  test('tells an answer that failed from one that broke off', async () => {
    const error = { code: 'provider_error' } as never;
    for (const [text, state] of [
      ['', 'failed'],
      ['half', 'interrupted'],
    ] as const) {
      const { thread, say, close, last } = createThread();
      thread.send('hi');
      await turnOfTheLoop();
      say(start);
      if (text) say({ type: 'CHUNK', content: text }, text.length);
      say({ type: 'ERROR', error, chat_id: 11 }, text.length + 1);
      await close();
      expect(last()).toMatchObject({ state, answer: text, failure: 'provider_error' });
    }
  });

  test('asks an edited question on a branch of its own; a refused one leaves everything as it was', async () => {
    const { thread, say, close, refuse, log, last } = createThread(5, stored());
    await thread.load();
    refuse(new ApiProblem('quota_exhausted', 429));
    await expect(thread.edit(last(), '다른 말', 'k1')).rejects.toMatchObject({ code: 'quota_exhausted' });
    expect(last()).toMatchObject({ question: 'hi', answer: 'hello' });
    refuse(undefined);
    await thread.edit(last(), '다른 말', 'k2');
    expect(thread.read().turns).toHaveLength(1);
    expect(last()).toMatchObject({ question: '다른 말', state: 'waiting' });
    say({ ...start, chat_id: 21 });
    say(end('새 답'), 4);
    await close();
    expect(log.filter((entry) => entry.startsWith('edit'))).toEqual(['edit 11 다른 말', 'edit 11 다른 말']);
  });

  test('shows what is stored when the stream is gone', async () => {
    const { thread, close, last } = createThread(5, stored());
    await thread.load();
    thread.send('again');
    await turnOfTheLoop();
    await close('missing');
    await turnOfTheLoop();
    expect(last()).toMatchObject({ question: 'hi', answer: 'hello', state: 'done' });
  });

  test("is not found where it is another person's", async () => {
    const { thread } = createThread(9);
    await thread.load();
    expect(thread.read().load).toBe('missing');
  });
});
