import { brokenAnswer, readError } from '../upstream/provider-failure.ts';
import { redact } from '../upstream/redact.ts';
import type { Verdict } from './event-relay.ts';
import { readUsage, type CallUsage } from './read-usage.ts';

/** What is read of an answer while its bytes go by. */
export interface AnswerReader {
  /** Everything the model has said, as far as it came: what is counted when the answer is cut. */
  readonly text: string;
  /** A piece of an answer was there, text or other. */
  readonly begun: boolean;
  readonly usage: CallUsage | undefined;
  /** '' where the answer did not say. */
  readonly model: string;
  /** How it was served, where that has a price of its own. */
  readonly tier: string;
  /** The id of the object that was made, where that matters. */
  readonly objectId: string | undefined;
  judge(data: string, name: string): Verdict;
  /** Takes a whole JSON body. */
  readBody(text: string): void;
  /** Bytes that are no text went by, such as speech. */
  takeBytes(): void;
  /** The number of the event that comes next, in streams that number them. */
  readonly nextNumber: number;
}

// Answers are JSON of any shape: what is read of them is checked where it is read.
type Fields = Record<string, unknown>;

/** The JSON object of a provider's answer. */
export function parseAnswer(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw brokenAnswer('The model provider answered something that is not JSON.');
  }
  if (typeof value !== 'object' || value === null) throw brokenAnswer('The model provider gave no answer.');
  return value as Fields;
}

function refuse(text: string, secrets: readonly string[]): never {
  const message = redact(readError(text).message, secrets);
  throw brokenAnswer(`The model provider broke its answer off${message === '' ? '.' : `: ${message}`}`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

interface ReaderOptions {
  secrets: readonly string[];
  /** The client did not ask for the usage event that we asked for. */
  dropUsage: boolean;
  /** Longest text that is taken; past it the answer is broken off. */
  maxText: number;
}

abstract class BaseReader {
  text = '';
  begun = false;
  usage: CallUsage | undefined;
  model = '';
  tier = '';
  objectId: string | undefined;
  nextNumber = 0;
  protected readonly options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.options = options;
  }

  takeBytes(): void {
    this.begun = true;
  }

  protected say(text: string): void {
    if (text === '') return;
    this.begun = true;
    this.text += text;
    if (this.text.length > this.options.maxText) {
      throw brokenAnswer('The answer of the model provider was longer than asked for.');
    }
  }
}

interface Choice {
  delta?: Fields;
  message?: Fields;
  text?: unknown;
}

/** Reads chat completions, streamed (`delta`) or whole (`message`), and legacy completions (`text`). */
export class ChatAnswer extends BaseReader implements AnswerReader {
  judge(data: string, name: string): Verdict {
    if (data === '') return 'pass';
    if (data === '[DONE]') return 'last';
    const event = parseAnswer(data);
    if (name === 'error' || event.error) refuse(data, this.options.secrets);
    this.#take(event);
    const isUsage = Array.isArray(event.choices) && event.choices.length === 0 && Boolean(event.usage);
    return isUsage && this.options.dropUsage ? 'drop' : 'pass';
  }

  readBody(text: string): void {
    const body = parseAnswer(text);
    if (body.error && !Array.isArray(body.choices)) refuse(text, this.options.secrets);
    this.#take(body);
  }

  #take(body: Fields): void {
    this.objectId ??= textOf(body.id) || undefined;
    if (this.model === '') this.model = textOf(body.model);
    this.tier = textOf(body.service_tier) || this.tier;
    if (body.usage) this.usage = readUsage(body.usage) ?? this.usage;
    if (!Array.isArray(body.choices)) return;
    for (const choice of body.choices as (Choice | null)[]) {
      if (!choice) continue;
      this.say(textOf(choice.text));
      this.#takePart(choice.delta ?? choice.message ?? {});
    }
  }

  #takePart(part: Fields): void {
    this.say(textOf(part.content));
    this.say(textOf(part.refusal));
    this.say(textOf(part.reasoning_content ?? part.reasoning));
    if (part.audio) this.begun = true;
    if (!Array.isArray(part.tool_calls)) return;
    for (const call of part.tool_calls as ({ function?: Fields } | null)[]) {
      this.begun = true;
      this.say(textOf(call?.function?.name) + textOf(call?.function?.arguments));
    }
  }
}

/** The events that end a stream of typed events: https://platform.openai.com/docs/api-reference/responses-streaming. */
const lastEvents = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'speech.audio.done',
  'transcript.text.done',
  'image_generation.completed',
  'image_edit.completed',
]);

/** Reads responses, transcriptions, speech, images and embeddings: typed events, or a whole body. */
export class TypedAnswer extends BaseReader implements AnswerReader {
  /** The answer says itself that it failed. */
  failed = false;

  judge(data: string, name: string): Verdict {
    if (data === '') return 'pass';
    if (data === '[DONE]') return 'last';
    const event = parseAnswer(data);
    const type = textOf(event.type) || name;
    if (type === 'error' || event.error) refuse(data, this.options.secrets);
    if (typeof event.sequence_number === 'number') this.nextNumber = event.sequence_number + 1;
    if (type.endsWith('.delta')) this.say(textOf(event.delta));
    if (type.endsWith('partial_image') || type === 'speech.audio.delta') this.begun = true;
    this.#take(event.response ? (event.response as Fields) : event);
    this.failed ||= type === 'response.failed';
    return lastEvents.has(type) ? 'last' : 'pass';
  }

  readBody(text: string): void {
    const body = parseAnswer(text);
    if (body.error && body.object !== 'response') refuse(text, this.options.secrets);
    this.begun = true;
    this.#take(body);
    if (typeof body.text === 'string') this.text = body.text;
  }

  #take(object: Fields): void {
    if (this.model === '') this.model = textOf(object.model);
    this.tier = textOf(object.service_tier) || this.tier;
    if (object.usage) this.usage = readUsage(object.usage) ?? this.usage;
    this.objectId ??= textOf(object.id) || undefined;
    if (!Array.isArray(object.output) || !this.usage) return;
    const searches = (object.output as (Fields | null)[]).filter((item) => item?.type === 'web_search_call').length;
    if (searches > 0) this.usage.more.webSearches = searches;
  }
}
