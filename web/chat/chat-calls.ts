import type { ChatBody, StreamEvent } from '#contracts/chat.ts';
import { call, send } from '../lib/api-client.ts';
import { readStream, type StreamEnd } from '../lib/stream-reader.ts';
import type { Session } from '#contracts/sessions.ts';

interface Started {
  stream_id: string;
}

/** What a thread asks of the server; tests hand in their own. */
export interface ChatCalls {
  /** The id of the stream of the answer. The same key never asks twice. */
  ask(body: ChatBody, key: string): Promise<string>;
  regenerate(sessionId: number, promptId: number, key: string): Promise<string>;
  follow(
    streamId: string,
    onEvent: (event: StreamEvent, position: number) => void,
    onLost: (lost: boolean) => void,
    signal: AbortSignal,
  ): Promise<StreamEnd>;
  stop(streamId: string): Promise<void>;
  readSession(id: number): Promise<Session>;
}

export const chatCalls: ChatCalls = {
  ask: async (body, key) => {
    const { stream_id } = await call<Started>('/chat/stream', {
      method: 'POST',
      body,
      headers: { 'idempotency-key': key },
    });
    return stream_id;
  },
  regenerate: async (sessionId, promptId, key) => {
    const path = `/sessions/${sessionId}/prompts/${promptId}/regenerate`;
    const { stream_id } = await call<Started>(path, {
      method: 'POST',
      body: { stream: true },
      headers: { 'idempotency-key': key },
    });
    return stream_id;
  },
  follow: (streamId, onEvent, onLost, signal) => readStream({ streamId, onEvent, onLost, signal }),
  stop: async (streamId) => {
    await send(`/chat/stream/${streamId}`, { method: 'DELETE' });
  },
  readSession: (id) => call<Session>(`/sessions/${id}`),
};
