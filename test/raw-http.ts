import { connect } from 'node:net';

export interface RawAnswer {
  /** undefined: the connection ended without an answer. */
  status: number | undefined;
  headers: Record<string, string>;
  text: string;
  // Tests look into bodies of every shape and compare values.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
  /** Whether the server has ended the connection by itself. */
  closed: boolean;
}

export type RawRequest =
  /** Exactly these bytes. */
  | { bytes: string | Buffer }
  | {
      method: string;
      /** As it goes over the wire: nothing is encoded or resolved. */
      path: string;
      headers?: Record<string, string>;
      body?: string | Buffer;
      /** The body in chunks of 64 KiB instead of with its length. */
      chunked?: boolean;
    };

function* chunksOf(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += 65_536) {
    const part = body.subarray(start, start + 65_536);
    yield Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  }
  yield Buffer.from('0\r\n\r\n');
}

function encode(request: RawRequest, host: string): Buffer {
  if ('bytes' in request) return Buffer.from(request.bytes);
  const body = Buffer.from(request.body ?? '');
  const headers: Record<string, string> = { host, connection: 'close', ...request.headers };
  if (!request.chunked && (body.length > 0 || headers['content-type'] !== undefined)) {
    headers['content-length'] = String(body.length);
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return Buffer.concat(request.chunked ? [head, ...chunksOf(body)] : [head, body]);
}

function decode(bytes: Buffer, closed: boolean): RawAnswer {
  const [head = '', ...rest] = bytes.toString('utf8').split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const text = rest.join('\r\n\r\n');
  const isJson = /json/.test(headers['content-type'] ?? '') && text.startsWith('{');
  return { status: status ? Number(status) : undefined, headers, text, body: isJson ? JSON.parse(text) : text, closed };
}

/** Writes a request byte by byte as given, also where no HTTP client would, and reads until the connection ends. */
export function sendRaw(url: string, request: RawRequest, waitMs = 3_000): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    let closed = false;
    const finish = () => {
      socket.destroy();
      resolve(decode(Buffer.concat(received), closed));
    };
    socket.setTimeout(waitMs, finish);
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    // A server that refuses a large body may reset the connection while it is still being written.
    socket.on('error', () => undefined);
    socket.on('end', () => {
      closed = true;
    });
    socket.on('close', finish);
    socket.write(encode(request, host));
  });
}
