import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OAuth2Server } from 'oauth2-mock-server';

/** A real OpenID provider (discovery, PKCE, signed ID tokens) as Google is one. */
export async function startOpenIdProvider(): Promise<OAuth2Server> {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(0, 'localhost');
  return server;
}

/** A provider of plain OAuth 2 that has its own ways: what it answers is the test's to say. */
export interface QuirkyProvider {
  url: string;
  /** Parameters of the last authorization request, and of the last token request. */
  asked: { authorize: URLSearchParams; token: URLSearchParams };
  /** Answers by path: what its API says; also `token`, in place of the ordinary token answer. */
  answers: Record<string, { status?: number; body: unknown }>;
  /** Paths that were asked with the right access token. */
  read: string[];
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/**
 * Gives a code at every `…/authorize`, takes it once at `…/token` and `…/access_token`, and answers everything
 * else from `answers` to whoever brings the access token.
 */
export async function startQuirkyProvider(): Promise<QuirkyProvider> {
  const codes = new Set<string>();
  const provider: Omit<QuirkyProvider, 'url' | 'close'> = {
    asked: { authorize: new URLSearchParams(), token: new URLSearchParams() },
    answers: {},
    read: [],
  };
  const send = (response: ServerResponse, status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json;charset=utf-8' }).end(JSON.stringify(body));

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url!, 'http://provider.invalid');
    if (url.pathname.endsWith('/authorize')) {
      provider.asked.authorize = url.searchParams;
      const code = `code-${codes.size + 1}-${Math.random().toString(36).slice(2)}`;
      codes.add(code);
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state')!);
      response.writeHead(302, { location: back.href }).end();
      return;
    }
    if (/\/(token|access_token)$/.test(url.pathname)) {
      provider.asked.token = new URLSearchParams(await readBody(request));
      const given = provider.answers.token;
      if (given) return void send(response, given.status ?? 200, given.body);
      // GitHub answers a code it does not know with status 200.
      if (!codes.delete(provider.asked.token.get('code')!)) {
        return void send(response, 200, { error: 'bad_verification_code', error_description: 'incorrect or expired' });
      }
      return void send(response, 200, {
        access_token: 'access',
        token_type: 'bearer',
        expires_in: '3600',
        scope: 'a,b',
      });
    }
    const known = provider.answers[url.pathname];
    if (!known || request.headers.authorization !== 'Bearer access') return void send(response, 401, {});
    provider.read.push(url.pathname);
    send(response, known.status ?? 200, known.body);
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...provider,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
