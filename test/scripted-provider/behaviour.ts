/** What the scripted provider does with one request. Everything left out is the friendly default. */
export interface Behaviour {
  /** The answer: its deltas, or one text that is cut after each space. */
  text?: string | string[];
  /** Tools that it calls behind its text, their arguments cut in two. */
  toolCalls?: { id?: string; name: string; arguments: string }[];
  /** Milliseconds between two deltas. */
  paceMs?: number;
  /** Milliseconds before the headers. */
  delayMs?: number;
  /** Tokens as reported; `null` reports none, as servers without `include_usage` do. */
  usage?: { prompt: number; completion: number; cached?: number } | null;
  /** `null` leaves the stream without any. */
  finishReason?: string | null;
  /** False leaves the closing `[DONE]` out. */
  done?: boolean;
  /** The model named in the answer; the one asked for when left out. */
  model?: string;

  /** Answers this status instead of a completion. */
  status?: number;
  headers?: Record<string, string>;
  /** Body of an error status: text, or an object that is sent as JSON. */
  body?: unknown;

  fault?: Fault;
  /** Bytes of the answer that are sent before `stall`, `end`, `cut` or `reset` strikes. */
  afterBytes?: number;

  /** The exact bytes of the event stream, instead of generated ones. */
  raw?: Uint8Array;
  lineEnd?: '\n' | '\r\n';
  byteOrderMark?: boolean;
  /** Writes of this many bytes each (splits UTF-8), or the whole answer in one write. */
  packets?: number | 'one';
  gzip?: boolean;
  /** Nothing is sent after the headers until `release()` is called. */
  hold?: boolean;
}

/**
 * `silent`: never any headers. `stall`: stops after `afterBytes`, socket open. `slow`: one byte each
 * `paceMs`. `endless`: deltas without end. `end`: a proper end of the HTTP body, too early. `cut`: FIN in
 * the middle of the body. `reset`: RST. `refuse`: closed before any answer. `malformed`: an event that is
 * no JSON. `error-event`: an error object at status 200. `html`: a page at status 200. `json`: a JSON
 * answer though a stream was asked. `empty`: a clean answer without text.
 */
type Fault = (typeof faults)[number];
const faults = [
  'silent',
  'stall',
  'slow',
  'endless',
  'end',
  'cut',
  'reset',
  'refuse',
  'malformed',
  'error-event',
  'html',
  'json',
  'empty',
] as const;

/** The error bodies a real provider sends with these statuses. */
const errorBodies: Record<number, { message: string; type: string; param: string | null; code: string | null }> = {
  400: { message: "Invalid value for 'temperature'.", type: 'invalid_request_error', param: 'temperature', code: null },
  401: {
    message: 'Incorrect API key provided: sk-canary-****************abcd.',
    type: 'invalid_request_error',
    param: null,
    code: 'invalid_api_key',
  },
  404: {
    message: 'The model `nothing` does not exist or you do not have access to it.',
    type: 'invalid_request_error',
    param: null,
    code: 'model_not_found',
  },
  429: { message: 'Rate limit reached for requests', type: 'requests', param: null, code: 'rate_limit_exceeded' },
};

export function errorBody(status: number): { error: object } {
  return {
    error: errorBodies[status] ?? { message: `Scripted ${status}`, type: 'server_error', param: null, code: null },
  };
}

/**
 * Directives inside a model name or a message, so that another process can choose the behaviour:
 * `[[status:429 retry-after=3]]`, `[[fault:stall]]`, `[[after:40]]`, `[[pace:20]]`, `[[delay:50]]`,
 * `[[words:200]]`, `[[text:안녕]]`, `[[finish:length]]`, `[[usage:10,15]]`, `[[usage:none]]`,
 * `[[packets:1]]`, `[[crlf]]`, `[[bom]]`, `[[gzip]]`, `[[hold]]`, `[[nul]]`, and every fault by its name.
 */
export function behaviourOfText(text: string): Behaviour | undefined {
  if (!text.includes('[[')) return undefined;
  const behaviour: Behaviour = {};
  for (const [, name = '', value = ''] of text.matchAll(/\[\[([a-z-]+)(?::([^\]]*))?\]\]/g)) {
    applyDirective(behaviour, name, value);
  }
  return Object.keys(behaviour).length > 0 ? behaviour : undefined;
}

function applyDirective(behaviour: Behaviour, name: string, value: string): void {
  const fault = faults.find((known) => known === name || (name === 'fault' && known === value));
  if (fault) {
    behaviour.fault = fault;
    return;
  }
  switch (name) {
    case 'status': {
      const [status = '500', ...headers] = value.split(' ');
      behaviour.status = Number(status);
      behaviour.headers = Object.fromEntries(headers.map((header) => header.split('=', 2)));
      break;
    }
    case 'after':
      behaviour.afterBytes = Number(value);
      break;
    case 'pace':
      behaviour.paceMs = Number(value);
      break;
    case 'delay':
      behaviour.delayMs = Number(value);
      break;
    case 'words':
      behaviour.text = Array.from({ length: Number(value) }, (_, index) => `${index === 0 ? '' : ' '}word${index}`);
      break;
    case 'text':
      behaviour.text = value;
      break;
    case 'finish':
      behaviour.finishReason = value === 'none' ? null : value;
      break;
    case 'usage': {
      const [prompt = 0, completion = 0] = value.split(',').map(Number);
      behaviour.usage = value === 'none' ? null : { prompt, completion };
      break;
    }
    case 'packets':
      behaviour.packets = value === 'one' ? 'one' : Number(value);
      break;
    case 'crlf':
      behaviour.lineEnd = '\r\n';
      break;
    case 'bom':
      behaviour.byteOrderMark = true;
      break;
    case 'gzip':
      behaviour.gzip = true;
      break;
    case 'hold':
      behaviour.hold = true;
      break;
    case 'nul':
      behaviour.text = ['before\u0000', 'after'];
      break;
  }
}
