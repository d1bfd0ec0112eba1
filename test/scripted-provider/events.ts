import type { Behaviour } from './behaviour.ts';

const defaultUsage = { prompt: 10, completion: 15 };

export interface Asked {
  model: string;
  /** The text of the last user message. */
  question: string;
  stream: boolean;
  includeUsage: boolean;
}

function deltasOf(behaviour: Behaviour, question: string): string[] {
  if (behaviour.fault === 'empty') return [];
  if (behaviour.toolCalls && behaviour.text === undefined) return [];
  const text = behaviour.text ?? `Scripted answer to: ${question}`;
  return typeof text === 'string' ? (text.match(/\S+\s*|\s+/g) ?? []) : text;
}

/** Calls of tools as a stream has them: the name first, then the arguments piece by piece. */
function toolDeltas({ toolCalls = [] }: Behaviour): object[] {
  return toolCalls.flatMap(({ id, name, arguments: text }, index) => {
    const half = Math.ceil(text.length / 2);
    const pieces = [text.slice(0, half), text.slice(half)].filter((piece) => piece !== '');
    const begin = { index, id: id ?? `call_${index}`, type: 'function', function: { name, arguments: '' } };
    const rest = pieces.map((piece) => ({ index, function: { arguments: piece } }));
    return [begin, ...rest].map((call) => ({ tool_calls: [call] }));
  });
}

function usageOf(behaviour: Behaviour): object {
  const { prompt, completion, cached = 0 }: NonNullable<Behaviour['usage']> = behaviour.usage ?? defaultUsage;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function chunkObject(model: string, rest: object): object {
  return { id: 'chatcmpl-scripted', object: 'chat.completion.chunk', created: 1_790_000_000, model, ...rest };
}

/** One event for each delta, framed by the role, the finish reason, the usage and `[DONE]`. */
export function completionEvents(behaviour: Behaviour, asked: Asked): string[] {
  const lineEnd = behaviour.lineEnd ?? '\n';
  const model = behaviour.model ?? asked.model;
  const event = (data: string) => `data: ${data}${lineEnd}${lineEnd}`;
  const usageField = asked.includeUsage ? { usage: null } : {};
  const choice = (delta: object, finish: string | null) =>
    event(
      JSON.stringify(
        chunkObject(model, { choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...usageField }),
      ),
    );
  const events = [choice({ role: 'assistant', content: '' }, null)];
  for (const delta of deltasOf(behaviour, asked.question)) events.push(choice({ content: delta }, null));
  events.push(...toolDeltas(behaviour).map((delta) => choice(delta, null)));
  const usual = behaviour.toolCalls ? 'tool_calls' : 'stop';
  if (behaviour.finishReason !== null) events.push(choice({}, behaviour.finishReason ?? usual));
  if (asked.includeUsage && behaviour.usage !== null) {
    events.push(event(JSON.stringify(chunkObject(model, { choices: [], usage: usageOf(behaviour) }))));
  }
  if (behaviour.done !== false) events.push(event('[DONE]'));
  if (behaviour.fault === 'malformed') events.splice(2, events.length, event('{"choices":[{"delta":{"content":"bro'));
  if (behaviour.fault === 'error-event') {
    events.splice(
      2,
      events.length,
      event(JSON.stringify({ error: { message: 'The server had an error', code: null } })),
    );
  }
  if (behaviour.byteOrderMark) events[0] = `\uFEFF${events[0]}`;
  return events;
}

export function completionJson(behaviour: Behaviour, asked: Asked): object {
  return {
    id: 'chatcmpl-scripted',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: behaviour.model ?? asked.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: deltasOf(behaviour, asked.question).join(''), refusal: null },
        logprobs: null,
        finish_reason: behaviour.finishReason === null ? null : (behaviour.finishReason ?? 'stop'),
      },
    ],
    ...(behaviour.usage === null ? {} : { usage: usageOf(behaviour) }),
  };
}

/** The packets in which the bytes of an answer are written. */
export function packetsOf(events: string[], behaviour: Behaviour): Uint8Array[] {
  const size = behaviour.fault === 'slow' ? 1 : behaviour.packets;
  if (size === undefined && !behaviour.raw) return events.map((event) => Buffer.from(event));
  const bytes = behaviour.raw ?? Buffer.from(events.join(''));
  const step = typeof size === 'number' ? size : Math.max(1, bytes.length);
  const packets: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += step) packets.push(bytes.subarray(from, from + step));
  return packets;
}

/** The first `count` bytes of the packets. */
export function cutPackets(packets: Uint8Array[], count: number): Uint8Array[] {
  const kept: Uint8Array[] = [];
  for (const packet of packets) {
    if (count <= 0) break;
    kept.push(packet.subarray(0, count));
    count -= packet.length;
  }
  return kept;
}
