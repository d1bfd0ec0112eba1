import { Worker } from 'node:worker_threads';
import { moduleUrl } from '../module-url.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { ChatMessage, Usage } from './upstream.ts';

/** Past this length nobody waits for the exact number. */
const longestExact = 200_000;
/** The tokenizer takes 66 MB: its thread ends when nobody has asked for so many milliseconds. */
const idleMs = 30_000;

interface Counter {
  worker: Worker;
  waiting: Map<number, (tokens: number | undefined) => void>;
  idle: NodeJS.Timeout;
}

let counter: Counter | undefined;
let lastId = 0;

/**
 * Tokens as o200k_base counts them. The tokenizer needs a quarter of a second to load and is slow on
 * long words, so it lives in a thread of its own; very long texts are estimated.
 */
export async function countTokens(text: string): Promise<number> {
  if (text === '') return 0;
  if (text.length > longestExact) return estimateTokens(text);
  const { worker, waiting, idle } = (counter ??= startCounter());
  lastId += 1;
  const id = lastId;
  const counted = await new Promise<number | undefined>((resolve) => {
    waiting.set(id, resolve);
    worker.ref();
    worker.postMessage({ id, text });
  });
  idle.refresh();
  return counted ?? estimateTokens(text);
}

/** What the two sides of a call come to when the provider has not said it, counted. */
export async function countUsage(messages: readonly ChatMessage[], answer: string): Promise<Usage> {
  const [completionTokens, ...asked] = await Promise.all([
    countTokens(answer),
    ...messages.map(({ content }) => countTokens(content)),
  ]);
  const promptTokens = asked.reduce((sum, tokens) => sum + 4 + tokens, 3);
  return { promptTokens, completionTokens, cachedTokens: 0, estimated: true };
}

/** Ends the tokenizer's thread now; the next count starts another. */
export async function stopCounting(): Promise<void> {
  await counter?.worker.terminate();
}

function startCounter(): Counter {
  const worker = new Worker(moduleUrl('token-worker', import.meta.url));
  const waiting: Counter['waiting'] = new Map();
  const stop = () => {
    if (waiting.size > 0) idle.refresh();
    else void worker.terminate();
  };
  const idle = setTimeout(stop, idleMs).unref();
  const started: Counter = { worker, waiting, idle };
  worker.on('message', ({ id, tokens }: { id: number; tokens: number }) => {
    waiting.get(id)?.(tokens);
    waiting.delete(id);
    // An idle thread does not keep the process alive.
    if (waiting.size === 0) worker.unref();
  });
  const end = () => {
    if (counter === started) counter = undefined;
    clearTimeout(idle);
    for (const resolve of waiting.values()) resolve(undefined);
    waiting.clear();
  };
  worker.on('error', end);
  worker.on('exit', end);
  return started;
}
