/** Speaks to a server as a program would: JSON, a bearer token, nothing else. */
export interface Client {
  token: string;
  email: string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  delete(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into bodies of every shape and compare values.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export async function send(
  url: string,
  method: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
}

export function clientOf(url: string, token: string, email = ''): Client {
  const as = (headers: Record<string, string> = {}) => ({
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...headers,
  });
  return {
    token,
    email,
    get: (path, headers) => send(url + path, 'GET', undefined, as(headers)),
    post: (path, body, headers) => send(url + path, 'POST', body, as(headers)),
    put: (path, body, headers) => send(url + path, 'PUT', body, as(headers)),
    patch: (path, body, headers) => send(url + path, 'PATCH', body, as(headers)),
    delete: (path, body, headers) => send(url + path, 'DELETE', body, as(headers)),
  };
}

let joined = 0;

/** Joins a new account and gives a client that is logged in as it. */
export async function joinAs(url: string, nickname = 'someone', email?: string): Promise<Client> {
  joined += 1;
  const address = email ?? `${nickname.replace(/\W/g, '') || 'user'}-${process.pid}-${joined}@example.com`;
  const answer = await send(`${url}/accounts/join`, 'POST', { email: address, password: 'correct horse 7', nickname });
  if (answer.status !== 201) throw new Error(`joining failed: ${answer.status} ${JSON.stringify(answer.body)}`);
  return clientOf(url, answer.body.token, address);
}
