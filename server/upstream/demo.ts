import { setTimeout as sleep } from 'node:timers/promises';
import { demoAnswer } from './demo-text.ts';
import { estimateTokens, estimateUsage } from './estimate-tokens.ts';
import type { CatalogueModel, ChatRequest, ChatResult, ChatSink, Provider } from './upstream.ts';

const demoModel: CatalogueModel = { id: 'demo', owned_by: 'daesa', context_window: 32_768 };

/** The built-in model: answers without any provider and says plainly what it is. `paceMs` a word. */
export function createDemoProvider(options: { paceMs?: number } = {}): Provider {
  const { paceMs = 12 } = options;
  return {
    kind: 'demo',
    listModels: () => Promise.resolve([demoModel]),
    chat: (request, sink, signal) => answer(request, sink, signal, paceMs),
  };
}

async function answer(request: ChatRequest, sink: ChatSink, signal: AbortSignal, paceMs: number): Promise<ChatResult> {
  signal.throwIfAborted();
  sink.onAccepted();
  let said = '';
  let finishReason: ChatResult['finishReason'] = 'stop';
  for (const word of demoAnswer(request.messages).match(/\S+\s*/g) ?? []) {
    if (request.maxTokens !== undefined && estimateTokens(said + word) > request.maxTokens) {
      finishReason = 'length';
      break;
    }
    if (paceMs > 0 && said !== '') await pace(paceMs, signal);
    said += word;
    sink.onText(word);
  }
  return { finishReason, usage: estimateUsage(request.messages, said), model: demoModel.id };
}

async function pace(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}
