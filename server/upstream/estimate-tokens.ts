import type { ChatMessage, Usage } from './upstream.ts';

export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

export function estimateUsage(messages: readonly ChatMessage[], answer: string): Usage {
  let promptTokens = 3;
  for (const message of messages) promptTokens += 4 + estimateTokens(message.content);
  return { promptTokens, completionTokens: estimateTokens(answer), cachedTokens: 0, estimated: true };
}
