import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EndpointRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface EndpointProvider {
  url: string;
  requests: EndpointRequest[];
  last(): EndpointRequest;
  /** Answers requests whose `METHOD path` begins so, until it is told otherwise. */
  answer(start: string, body: unknown, options?: { type?: string; status?: number }): void;
  close(): Promise<void>;
}

/** A provider with an answer of its own for each endpoint: JSON, or bytes of any type. */
export async function startEndpointProvider(models: string[]): Promise<EndpointProvider> {
  const answers = new Map<string, { body: unknown; type: string; status: number }>();
  const requests: EndpointRequest[] = [];
  const list = { object: 'list', data: models.map((id) => ({ id, object: 'model', owned_by: 'scripted' })) };
  answers.set('GET /v1/models', { body: list, type: 'application/json', status: 200 });
  const server = createServer(async (incoming, response) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { method = 'GET', url: path = '/', headers } = incoming;
    requests.push({ method, path, headers, body: Buffer.concat(parts) });
    const key = [...answers.keys()]
      .filter((start) => `${method} ${path}`.startsWith(start))
      .sort((a, b) => b.length - a.length)[0];
    const found = key === undefined ? undefined : answers.get(key);
    const { body, type, status } = found ?? {
      body: { error: { message: 'none', type: 'invalid_request_error', param: null, code: null } },
      type: 'application/json',
      status: 404,
    };
    response.writeHead(status, { 'content-type': type });
    response.end(Buffer.isBuffer(body) || typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    last: () => requests.findLast(({ path }) => path !== '/v1/models')!,
    answer: (start, body, { type = 'application/json', status = 200 } = {}) => {
      answers.set(start, { body, type, status });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
