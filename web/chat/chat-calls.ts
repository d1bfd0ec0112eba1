import type { ChatBody, StreamEvent } from '#contracts/chat.ts';
import { call, send } from '../lib/api-client.ts';
import { readStream, type StreamEnd } from '../lib/stream-reader.ts';
import type { Mark, Session } from '#contracts/sessions.ts';

interface Started {
  stream_id: string;
}

/** What a thread asks of the server; tests hand in their own. */
export interface ChatCalls {
  /** The id of the stream of the answer. The same key never asks twice. */
  ask(body: ChatBody, key: string): Promise<string>;
  regenerate(sessionId: number, promptId: number, key: string): Promise<string>;
  /** Asks with other words, on a new branch. */
  edit(sessionId: number, promptId: number, content: string, key: string): Promise<string>;
  choose(sessionId: number, promptId: number, replyId: number): Promise<Session>;
  mark(sessionId: number, promptId: number, mark: Mark | null): Promise<void>;
  showBranch(sessionId: number, promptId: number): Promise<Session>;
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
  edit: async (sessionId, promptId, content, key) => {
    const { stream_id } = await call<Started>(`/sessions/${sessionId}/prompts/${promptId}`, {
      method: 'PUT',
      body: { content, stream: true },
      headers: { 'idempotency-key': key },
    });
    return stream_id;
  },
  choose: (sessionId, promptId, chosen) =>
    call<Session>(`/sessions/${sessionId}/prompts/${promptId}`, { method: 'PUT', body: { chosen } }),
  mark: async (sessionId, promptId, mark) => {
    await send(`/sessions/${sessionId}/prompts/${promptId}`, { method: 'PUT', body: { mark } });
  },
  showBranch: (sessionId, branch) => call<Session>(`/sessions/${sessionId}`, { method: 'PATCH', body: { branch } }),
  follow: (streamId, onEvent, onLost, signal) => readStream({ streamId, onEvent, onLost, signal }),
  stop: async (streamId) => {
    await send(`/chat/stream/${streamId}`, { method: 'DELETE' });
  },
  readSession: (id) => call<Session>(`/sessions/${id}`),
};
