import type { StreamEvent } from '#contracts/chat.ts';
import type { Client } from './client.ts';

export interface SentEvent {
  id: string;
  name: string;
  data: StreamEvent;
}

export interface StreamReader {
  status: number;
  headers: Headers;
  /** Every event so far. */
  events: SentEvent[];
  /** Comment lines so far. */
  comments: number;
  /** Resolves with the event that is number `index`; undefined when the stream ends before. */
  event(index: number): Promise<SentEvent | undefined>;
  /** The rest of the stream; resolves with all of its events. */
  all(): Promise<SentEvent[]>;
  leave(): void;
}

/** Opens a stream as a program would, event by event. */
export async function openStream(
  client: Client,
  url: string,
  path: string,
  lastEventId?: string,
): Promise<StreamReader> {
  const abort = new AbortController();
  const response = await fetch(url + path, {
    headers: {
      authorization: `Bearer ${client.token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
    signal: abort.signal,
  });
  const body = response.headers.get('content-type')?.startsWith('text/event-stream')
    ? response.body?.pipeThrough(new TextDecoderStream()).getReader()
    : undefined;
  if (!body) await response.text();
  let rest = '';

  /** Reads one more piece; false at the end. */
  async function more(): Promise<boolean> {
    const piece = await body?.read().catch(() => undefined);
    if (!piece || piece.done) return false;
    const blocks = (rest + piece.value).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) take(block);
    return true;
  }

  function take(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(': ');
      if (line.startsWith(':')) reader.comments += 1;
      else fields.set(line.slice(0, colon), line.slice(colon + 2));
    }
    const data = fields.get('data');
    if (data === undefined) return;
    reader.events.push({ id: fields.get('id') ?? '', name: fields.get('event') ?? '', data: JSON.parse(data) });
  }

  const reader: StreamReader = {
    status: response.status,
    headers: response.headers,
    events: [],
    comments: 0,
    event: async (index) => {
      while (reader.events.length <= index) if (!(await more())) return undefined;
      return reader.events[index];
    },
    all: async () => {
      while (await more());
      return reader.events;
    },
    leave: () => abort.abort(),
  };
  return reader;
}

/** The text that the CHUNKs of a stream make. */
export function textOf(events: SentEvent[]): string {
  return events.map(({ data }) => (data.type === 'CHUNK' ? data.content : '')).join('');
}
