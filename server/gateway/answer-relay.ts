import type { FastifyReply } from 'fastify';
import { Problem } from '../errors.ts';
import { brokenAnswer, type AnswerHeaders } from '../upstream/provider-failure.ts';
import { answerHeaders } from './answer-headers.ts';
import type { AnswerReader } from './answer-reader.ts';
import { EventRelay } from './event-relay.ts';
import { openAiError } from './openai-error.ts';
import type { CallSink } from './provider-call.ts';

/** How the answer's bytes go to the client: as events, in one piece at the end, or as they come. */
type Manner = 'events' | 'whole' | 'bytes';

const LARGEST_BODY = 256 * 1024 * 1024;
/** A reader that takes nothing for so long is dropped. */
const STALLED_MS = 60_000;

export interface RelayOptions {
  reply: FastifyReply;
  reader: AnswerReader;
  startedAt: number;
  /** Headers of ours that come on top. */
  headers: Record<string, string>;
  /** Keep a copy of what is sent, for the Idempotency-Key or the cache. */
  keepsCopy: boolean;
  pause: () => void;
  resume: () => void;
  /** The first piece of an answer has gone out. */
  onBegun: () => void;
}

/** Takes the answer of one attempt and hands its bytes on to the client. */
export class AnswerRelay implements CallSink {
  accepted = false;
  status = 200;
  contentType = '';
  /** Bytes of this answer have gone to the client: there is no second try. */
  touched = false;
  readonly #options: RelayOptions;
  readonly #events: EventRelay;
  readonly #copy: Buffer[] = [];
  #manner: Manner = 'bytes';
  #fromProvider: AnswerHeaders = {};
  #parts: Buffer[] = [];
  #bytes = 0;
  #begun = false;
  #stalled: NodeJS.Timeout | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#events = new EventRelay((data, name) => options.reader.judge(data, name));
  }

  get over(): boolean {
    return this.#events.over;
  }

  onAccepted(headers: AnswerHeaders, status: number): void {
    this.accepted = true;
    this.status = status;
    this.#fromProvider = headers;
    this.contentType = String(headers['content-type'] ?? '');
    if (this.contentType.includes('html')) {
      throw brokenAnswer('The model provider answered a web page; the base URL may be wrong.');
    }
    if (this.contentType.includes('event-stream')) this.#manner = 'events';
    else if (this.contentType.includes('json')) this.#manner = 'whole';
  }

  onData(chunk: Buffer): boolean {
    if (this.#manner === 'whole') {
      this.#bytes += chunk.length;
      if (this.#bytes > LARGEST_BODY) throw brokenAnswer('The answer of the model provider is too large.');
      this.#parts.push(chunk);
      return true;
    }
    if (this.#manner === 'bytes') {
      this.#options.reader.takeBytes();
      this.#write(chunk);
      this.#noteBeginning();
      return true;
    }
    const passed = this.#events.push(chunk);
    for (const piece of passed) this.#write(piece);
    this.#noteBeginning();
    return passed.length > 0 || this.#events.over;
  }

  #noteBeginning(): void {
    if (this.#begun || !this.#options.reader.begun) return;
    this.#begun = true;
    this.#options.onBegun();
  }

  /** The provider has ended its answer. Throws where that was too early. */
  finish(): void {
    if (this.#manner === 'whole') {
      this.#options.reader.readBody(Buffer.concat(this.#parts).toString('utf8'));
      return;
    }
    if (this.#manner === 'bytes') return;
    for (const piece of this.#events.finish()) this.#write(piece);
    if (!this.#events.over) throw brokenAnswer('The answer of the model provider ended too early.');
  }

  /** What goes to the client last, once the end is stored. */
  #rest(): Buffer[] {
    return this.#manner === 'whole' ? this.#parts : this.#events.rest();
  }

  /** Everything that the client gets, for a copy to keep. */
  copy(): Buffer {
    return Buffer.concat([...this.#copy, ...this.#rest()]);
  }

  end(): void {
    clearTimeout(this.#stalled);
    const { raw } = this.#options.reply;
    const rest = Buffer.concat(this.#rest());
    if (!this.touched) this.#sendHead(rest.length);
    raw.end(rest);
  }

  /** Says that the answer broke off: never a clean end, wherever the client is in it. */
  breakOff(problem: Problem): void {
    clearTimeout(this.#stalled);
    const { reply, reader } = this.#options;
    if (this.#manner !== 'events') {
      reply.raw.destroy();
      return;
    }
    const error = openAiError(problem);
    const { code, message, param } = error;
    const typed = { type: 'error', code, message, param, sequence_number: reader.nextNumber, error };
    const isTyped = reply.request.url.includes('/responses');
    reply.raw.end(
      isTyped ? `event: error\ndata: ${JSON.stringify(typed)}\n\n` : `data: ${JSON.stringify({ error })}\n\n`,
    );
  }

  #sendHead(length?: number): void {
    this.touched = true;
    const { reply, startedAt } = this.#options;
    reply.hijack();
    const headers = answerHeaders(reply, this.#fromProvider, startedAt);
    Object.assign(headers, this.#options.headers);
    if (length !== undefined && this.#manner === 'whole') headers['content-length'] = String(length);
    reply.raw.writeHead(this.status, headers);
  }

  #write(piece: Buffer): void {
    const { reply, pause, resume, keepsCopy } = this.#options;
    if (!this.touched) this.#sendHead();
    if (keepsCopy) this.#copy.push(piece);
    if (reply.raw.write(piece) || this.#stalled) return;
    pause();
    this.#stalled = setTimeout(() => reply.raw.destroy(), STALLED_MS);
    reply.raw.once('drain', () => {
      clearTimeout(this.#stalled);
      this.#stalled = undefined;
      resume();
    });
  }
}

/** The client has closed its connection. */
export class ClientLeft extends Problem {
  constructor() {
    super('internal', 'The client left.');
  }
}
