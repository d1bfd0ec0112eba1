import type { ChatRequest, ChatResult, ChatSink } from '#server/upstream/upstream.ts';

export interface Asked {
  text: string;
  /** The texts as they came. */
  parts: string[];
  accepted: number;
  result?: ChatResult;
  /** What was thrown; never together with a result. */
  failure?: unknown;
}

type Chat = (request: ChatRequest, sink: ChatSink, signal: AbortSignal) => Promise<ChatResult>;

/** Asks once and tells everything that came of it. */
export async function ask(
  chat: Chat,
  request: Partial<ChatRequest> | string = {},
  signal: AbortSignal = new AbortController().signal,
  onText: (text: string) => void = () => undefined,
): Promise<Asked> {
  const given = typeof request === 'string' ? { messages: [{ role: 'user' as const, content: request }] } : request;
  const asked: Asked = { text: '', parts: [], accepted: 0 };
  const sink: ChatSink = {
    onAccepted() {
      asked.accepted += 1;
    },
    onText(text) {
      asked.parts.push(text);
      asked.text += text;
      onText(text);
    },
  };
  try {
    const whole = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hello' }], ...given };
    asked.result = await chat(whole, sink, signal);
  } catch (failure) {
    asked.failure = failure;
  }
  return asked;
}
