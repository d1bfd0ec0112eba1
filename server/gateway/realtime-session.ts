import { Problem } from '../errors.ts';
import { toProblem } from '../http/problems.ts';
import type { Visitor } from '../http/visitor.ts';
import { priceOf } from '../spend/price.ts';
import type { Settlement } from '../spend/progress.store.ts';
import { countTokens } from '../upstream/count-tokens.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import type { GatewayParts } from './ask.ts';
import { beginOrNote } from './begin-call.ts';
import { openAiError } from './openai-error.ts';
import type { ProviderSocket } from './provider-socket.ts';
import { readUsage } from './read-usage.ts';
import { clientEventToToday, serverEventFromToday } from './realtime-beta.ts';
import type { Ticket } from './ticket.ts';

/** A WebSocket of the `ws` package, as far as it is used here. */
export interface Socket {
  readonly readyState: number;
  send(data: string | Buffer): void;
  close(code?: number, reason?: string): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: 'close' | 'error', listener: () => void): void;
  off(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
}

interface SessionOptions {
  parts: GatewayParts;
  visitor: Visitor;
  socket: Socket;
  upstream: ProviderSocket;
  model: string;
  /** The name that the client used. */
  asked: string;
  /** The client speaks as it did before May 2026. */
  beta: boolean;
  /** What the session is set to before the client says anything. */
  session: Record<string, unknown> | undefined;
}

interface OpenResponse {
  ticket: Ticket;
  text: string;
  startedAt: number;
}

interface RealtimeEvent {
  type?: string;
  event_id?: string;
  delta?: unknown;
  response_id?: string;
  response?: { id?: string; status?: string; usage?: unknown; max_output_tokens?: unknown };
  session?: { max_output_tokens?: unknown; audio?: { input?: { transcription?: { model?: unknown } | null } } };
  usage?: unknown;
  [name: string]: unknown;
}

const OPEN = 1;
const GOING_AWAY = 1_001;
const PROVIDER_GONE = 1_011;
/** Tokens that somebody may say between two responses: more than a minute of speech. */
const SPOKEN_BETWEEN = 1_000;
/** The models' own maximum, where nobody has set a smaller one. */
const LONGEST_RESPONSE = 4_096;
const TRANSCRIBED = 'conversation.item.input_audio_transcription.completed';

/**
 * One realtime session. Every response is a call of its own: reserved before the provider makes it, whether
 * the client asked for it or the provider began by itself, and settled at its `response.done`; what is open
 * when either side goes is settled by what had come.
 */
export class RealtimeSession {
  readonly #options: SessionOptions;
  readonly #upstream: ProviderSocket;
  /** Asked for by the client, not yet begun by the provider. */
  readonly #asked: Ticket[] = [];
  readonly #open = new Map<string, OpenResponse>();
  /** Events of both sides are taken one after the other, so that none overtakes a reservation. */
  #queue: Promise<void> = Promise.resolve();
  /** What the next response will be asked with, at least. */
  #context = 0;
  #longest = LONGEST_RESPONSE;
  #ended = false;
  /** What writes down what is heard, beside the model that answers. */
  #transcriber = '';

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#upstream = options.upstream;
  }

  start(early: { data: Buffer; isBinary: boolean }[]): void {
    const { socket } = this.#options;
    const { model: _model, ...session } = this.#options.session ?? {};
    if (Object.keys(session).length > 1) {
      this.#take(async () => this.#upstream.send(JSON.stringify({ type: 'session.update', session })));
    }
    for (const { data, isBinary } of early) this.#take(() => this.#fromClient(data, isBinary));
    socket.on('message', (data, isBinary) => this.#take(() => this.#fromClient(data, isBinary)));
    this.#upstream.listen({
      onMessage: (data) => this.#take(() => this.#fromProvider(data)),
      onEnd: () => this.#end(PROVIDER_GONE),
    });
    socket.on('close', () => this.#end(GOING_AWAY));
    socket.on('error', () => this.#end(GOING_AWAY));
  }

  #take(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).catch(() => this.#end(PROVIDER_GONE));
  }

  async #fromClient(data: Buffer, isBinary: boolean): Promise<void> {
    if (isBinary) return this.#upstream.send(new Uint8Array(data));
    const said = data.toString('utf8');
    const { beta } = this.#options;
    const event = beta ? (clientEventToToday(parse(said)) as RealtimeEvent) : parse(said);
    const text = beta && event.type !== undefined ? JSON.stringify(event) : said;
    if (event.type === 'response.create') {
      try {
        const ticket = await this.#reserve(event.response?.max_output_tokens);
        if (this.#ended) return await ticket.refund(499);
        this.#asked.push(ticket);
      } catch (error) {
        return this.#refuse(error, event.event_id);
      }
    }
    if (!this.#ended) this.#upstream.send(text);
  }

  async #fromProvider(data: unknown): Promise<void> {
    const { socket } = this.#options;
    if (typeof data !== 'string')
      return void (socket.readyState === OPEN && socket.send(Buffer.from(data as ArrayBuffer)));
    // Audio is most of the traffic, and nothing of it has to be read.
    if (data.includes('audio.delta') && !this.#options.beta) return this.#show(data);
    const event = parse(data);
    if (event.type === 'session.created' || event.type === 'session.updated') this.#note(event);
    else if (event.type === TRANSCRIBED) await this.#payTranscription(event);
    else if (event.type === 'response.created') await this.#begin(event.response?.id ?? '');
    else if (event.type?.endsWith('.delta')) this.#grow(event);
    else if (event.type === 'response.done') await this.#settle(event);
    if (!this.#options.beta) return this.#show(data);
    const known = serverEventFromToday(event);
    if (known) this.#show(JSON.stringify(known));
  }

  #note({ session }: RealtimeEvent): void {
    const { max_output_tokens: longest, audio } = session ?? {};
    this.#longest = typeof longest === 'number' ? longest : LONGEST_RESPONSE;
    const transcriber = audio?.input?.transcription?.model;
    this.#transcriber = typeof transcriber === 'string' ? transcriber : '';
  }

  /** What is heard is written down by another model, at its own price; past a budget the session ends. */
  async #payTranscription({ usage: used }: RealtimeEvent): Promise<void> {
    const usage = readUsage(used);
    if (!usage) return;
    const { parts, visitor, model, asked } = this.#options;
    const transcriber = this.#transcriber || model;
    const foreseen = { cost: 0, tokens: 0, added: undefined };
    const { priceList } = this.#upstream.target;
    const entry = { endpoint: 'realtime', units: 0 as const, model: transcriber, askedModel: asked, priceList };
    const begun = await beginOrNote(parts, visitor, { ...entry, foreseen, claim: null });
    if ('kept' in begun) throw new Problem('internal');
    await begun.ticket.settle({ model: transcriber, ...usage, estimated: false }, 200);
  }

  #show(data: string): void {
    const { socket } = this.#options;
    if (socket.readyState === OPEN) socket.send(data);
  }

  /** A response that the provider began by itself is reserved now, or cancelled. */
  async #begin(id: string): Promise<void> {
    try {
      const ticket = this.#asked.shift() ?? (await this.#reserve());
      if (this.#ended) return await ticket.refund(499);
      this.#open.set(id, { ticket, text: '', startedAt: Date.now() });
    } catch (error) {
      this.#upstream.send(JSON.stringify({ type: 'response.cancel', response_id: id }));
      this.#refuse(error, undefined);
    }
  }

  #grow({ response_id: id = '', delta }: RealtimeEvent): void {
    const open = this.#open.get(id);
    if (!open || typeof delta !== 'string' || delta === '') return;
    if (open.text === '') {
      const settlement = (growth: number) => this.#estimated(Math.round(estimateTokens(open.text) * (1 + growth)));
      this.#options.parts.progress.begin(open.ticket.id, {
        length: () => open.text.length,
        settlement,
        counting: () => false,
      });
    }
    open.text += delta;
  }

  async #settle({ response }: RealtimeEvent): Promise<void> {
    const open = this.#open.get(response?.id ?? '');
    if (!open) return;
    this.#open.delete(response?.id ?? '');
    this.#options.parts.progress.forget(open.ticket.id);
    const usage = readUsage(response?.usage);
    const { model, parts } = this.#options;
    if (!usage || usage.promptTokens + usage.completionTokens === 0) {
      return open.text === '' && response?.status !== 'completed'
        ? open.ticket.refund(502)
        : this.#settleEstimated(open);
    }
    this.#context = usage.promptTokens + usage.completionTokens;
    await open.ticket.settle({ model, ...usage, estimated: false }, 200);
    parts.observe({
      endpoint: 'realtime',
      asked: model,
      model,
      status: 200,
      inputTokens: usage.promptTokens,
      outputTokens: usage.completionTokens,
      startedAt: open.startedAt,
    });
  }

  async #settleEstimated({ ticket, text }: OpenResponse): Promise<void> {
    await ticket.settle(this.#estimated(await countTokens(text)), 200);
  }

  /** A response that did not come to its end: what was heard and said aloud, nobody has counted. */
  #estimated(completionTokens: number): Settlement {
    const { model } = this.#options;
    return { model, promptTokens: 0, cachedTokens: 0, completionTokens, estimated: true, unknownCost: true };
  }

  /** What a response can cost, where somebody limits that: everything counts as speech, which is the dearest. */
  #foresee(maximum: unknown) {
    const { parts, visitor, model } = this.#options;
    const { key } = visitor;
    if (parts.limits.monthlyBudget == null && key?.monthlyBudget == null && key?.tokensPerMinute == null)
      return undefined;
    const inputTokens = this.#context + SPOKEN_BETWEEN;
    const outputTokens = typeof maximum === 'number' ? maximum : this.#longest;
    const used = { inputTokens, inputAudioTokens: inputTokens, outputTokens, outputAudioTokens: outputTokens };
    const { cost } = priceOf(this.#upstream.target.priceList, model, used, parts.clock());
    return { cost, tokens: inputTokens + outputTokens, added: undefined };
  }

  async #reserve(maximum?: unknown): Promise<Ticket> {
    const { parts, visitor, model, asked } = this.#options;
    const begun = await beginOrNote(parts, visitor, {
      endpoint: 'realtime',
      units: 1,
      model,
      askedModel: asked,
      priceList: this.#upstream.target.priceList,
      foreseen: this.#foresee(maximum),
      claim: null,
    });
    if ('kept' in begun) throw new Problem('internal');
    return begun.ticket;
  }

  #refuse(thrown: unknown, eventId: string | undefined): void {
    const error = { ...openAiError(toProblem(thrown)), event_id: eventId ?? null };
    this.#show(JSON.stringify({ type: 'error', event_id: `event_${Date.now()}`, error }));
  }

  /** Both sides end together, and nothing stays reserved: what is being reserved just now goes back when it is. */
  #end(code: number): void {
    this.#ended = true;
    const { socket } = this.#options;
    for (const ticket of this.#asked.splice(0)) void ticket.refund(499);
    for (const open of this.#open.values()) {
      this.#options.parts.progress.forget(open.ticket.id);
      if (open.text === '') void open.ticket.refund(499);
      else void this.#settleEstimated(open);
    }
    this.#open.clear();
    this.#upstream.hangUp();
    if (socket.readyState <= OPEN) socket.close(code === GOING_AWAY ? undefined : code);
  }
}

function parse(text: string): RealtimeEvent {
  try {
    return (JSON.parse(text) ?? {}) as RealtimeEvent;
  } catch {
    return {};
  }
}
