import type { Dispatcher } from 'undici';
import type { AnswerHeaders } from '../upstream/provider-failure.ts';
import type { Transport } from '../upstream/transport.ts';

/** Sizes and qualities of dall-e-2 and dall-e-3, which have ended, as the models of today have them. */
const sizes = new Map([
  ['256x256', '1024x1024'],
  ['512x512', '1024x1024'],
  ['1792x1024', '1536x1024'],
  ['1024x1792', '1024x1536'],
]);
const qualities = new Map([
  ['standard', 'medium'],
  ['hd', 'high'],
]);

type Fields = Record<string, unknown>;

/** A body in today's fields, and whether its answer was to hold addresses; undefined for one that is of today. */
function toToday(body: Fields): { body: Fields; addresses: boolean } | undefined {
  const { response_format: format, style, size, quality, ...rest } = body;
  const [newSize, newQuality] = [sizes.get(String(size)), qualities.get(String(quality))];
  if (format === undefined && style === undefined && !newSize && !newQuality) return undefined;
  const kept = {
    ...rest,
    ...(size === undefined ? {} : { size: newSize ?? size }),
    ...(quality === undefined ? {} : { quality: newQuality ?? quality }),
  };
  return { body: kept, addresses: format === 'url' };
}

/** Serves requests written for dall-e by the image models of today; everything else goes through as it is. */
export function imagesOfToday(inner: Transport): Transport {
  return {
    ...inner,
    send: (request, handler) => {
      if (request.path !== 'images/generations') return inner.send(request, handler);
      const body = JSON.parse((request.body as Buffer).toString('utf8')) as Fields;
      const changed = /^(chat)?gpt-image/.test(String(body.model)) ? toToday(body) : undefined;
      if (!changed) return inner.send(request, handler);
      const bytes = Buffer.from(JSON.stringify(changed.body));
      inner.send({ ...request, body: bytes }, changed.addresses ? new WithAddresses(handler) : handler);
    },
  };
}

/** Pictures come as base64 alone now: whoever asked for an address gets one that holds the picture itself. */
class WithAddresses implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #parts: Buffer[] = [];
  #whole = false;

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#handler.onRequestStart?.(controller, context);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders, text?: string) {
    this.#whole = status < 300 && String(headers['content-type']).includes('json') && !headers['content-encoding'];
    const { 'content-length': _length, ...rest } = headers;
    this.#handler.onResponseStart?.(controller, status, this.#whole ? rest : headers, text);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#whole) this.#parts.push(chunk);
    else this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: AnswerHeaders): void {
    if (this.#whole) this.#handler.onResponseData?.(controller, addAddresses(Buffer.concat(this.#parts)));
    this.#handler.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#handler.onResponseError?.(controller, error);
  }
}

function addAddresses(bytes: Buffer): Buffer {
  let answer: Fields & { data?: Fields[] };
  try {
    answer = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The reader of the answer says what is wrong with it.
    return bytes;
  }
  if (!Array.isArray(answer.data)) return bytes;
  const type = `image/${String(answer.output_format ?? 'png')}`;
  const data = answer.data.map(({ b64_json: picture, ...rest }) =>
    typeof picture === 'string' ? { ...rest, url: `data:${type};base64,${picture}` } : rest,
  );
  return Buffer.from(JSON.stringify({ ...answer, data }));
}
