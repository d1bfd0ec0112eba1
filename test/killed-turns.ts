/** Turns whose server is ended by kill -9, and what has to hold of each of them afterwards. */
import type { Client } from './client.ts';
import { openStream, textOf, type StreamReader } from './read-stream.ts';
import type { Behaviour } from './scripted-provider.ts';

const words = Array.from({ length: 300 }, (_, index) => `${index === 0 ? '' : ' '}말${index}`);
const whole = words.join('');
export interface WatchedTurn {
  content: string;
  key: string;
  streamId: string;
  /** How long the text was when. */
  seen: { at: number; length: number }[];
}

/** A long answer, one that never begins, and a short one for what is asked again. */
export function answerKilled({ question }: { question: string }): Behaviour {
  if (question.startsWith('other than')) return { text: 'again' };
  return question.endsWith('silent') ? { fault: 'silent' } : { text: words, paceMs: 8 };
}

async function watch(reader: StreamReader, seen: WatchedTurn['seen']): Promise<void> {
  for (let index = 0; await reader.event(index); index += 1) {
    seen.push({ at: performance.now(), length: textOf(reader.events).length });
  }
}

/** Asks two questions that are answered at length and one that is not, and reads what comes. */
export function askThree(member: Client, url: string, round: number): Promise<WatchedTurn[]> {
  return Promise.all(
    ['one', 'two', 'silent'].map(async (name) => {
      const content = `round ${round}: ${name}`;
      const key = `key-${content.replaceAll(' ', '-')}`;
      const { status, body } = await member.post('/chat/stream', { content }, { 'idempotency-key': key });
      if (status !== 202) throw new Error(`the turn was answered ${status}: ${JSON.stringify(body)}`);
      const turn: WatchedTurn = { content, key, streamId: body.stream_id, seen: [] };
      void watch(await openStream(member, url, `/chat/stream/${body.stream_id}`), turn.seen);
      return turn;
    }),
  );
}

/** `lost`: not one message of it. `stuck`: still running. `text`: other than what was said. `key`: free or not by mistake. */
export type KilledFault = 'lost' | 'stuck' | 'text' | 'key';

interface KilledTurn {
  status: string;
  faults: KilledFault[];
  /** The age of the oldest text that was read before the kill and is gone. */
  lostTextMs: number;
}

/** What became of a turn that was accepted before its server was killed. */
export async function judgeKilled(member: Client, turn: WatchedTurn, killedAt: number): Promise<KilledTurn> {
  const { body } = await member.get(`/chat?q=${encodeURIComponent(turn.content)}`);
  if (body.count !== 1 || body.results[0].content !== turn.content) {
    return { status: 'lost', faults: ['lost'], lostTextMs: 0 };
  }
  const { status, response, chat_reply: reply } = body.results[0];
  if (status === 'running') return { status, faults: ['stuck'], lostTextMs: 0 };
  const text: string = response ?? '';
  const isFailed = status === 'failed' && text === '' && reply === null;
  const isKept = (status === 'done' || status === 'interrupted') && text !== '' && reply !== null;
  const isRight = (isFailed || isKept) && whole.startsWith(text);
  const gone = turn.seen.find(({ length }) => length > text.length);
  // Whoever comes back finds the text and the reason; only a failure that gave the unit back frees the key.
  const again = { content: `other than ${turn.content}` };
  const answer = await member.post('/chat/stream', again, { 'idempotency-key': turn.key });
  const isKeyRight = answer.status === (status === 'failed' ? 202 : 422);
  return {
    status,
    faults: [...(isRight ? [] : ['text' as const]), ...(isKeyRight ? [] : ['key' as const])],
    lostTextMs: gone ? Math.max(0, killedAt - gone.at) : 0,
  };
}
