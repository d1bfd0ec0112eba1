import { joinAs, type Client } from './client.ts';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts';
import { startServer, type TestServer, type TestServerOptions } from './server.ts';

/** Stands for the provider's key: no answer and no log may hold it. */
export const PROVIDER_KEY = 'sk-canary-0123456789abcdefghijklmnopqrstuvwxyz';

export interface ChatServer extends TestServer {
  databaseUrl: string | undefined;
  provider: ScriptedProvider;
  /** The first account, which has no daily limit. */
  administrator: Client;
  join(nickname?: string): Promise<Client>;
}

/** A server that asks a scripted provider, its administrator, and a limit that no test meets by accident. */
export async function startChatServer(options: TestServerOptions = {}): Promise<ChatServer> {
  const provider = await startScriptedProvider();
  const server = await startServer({
    ...options,
    env: {
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: PROVIDER_KEY,
      DEFAULT_MODEL: 'gpt-4o-mini',
      DAILY_REQUEST_LIMIT: '1000',
      ...options.env,
    },
  });
  const administrator = await joinAs(server.url, 'administrator');
  return {
    ...server,
    provider,
    administrator,
    join: (nickname = 'member') => joinAs(server.url, nickname),
    close: async () => {
      await server.close();
      await provider.close();
    },
  };
}

/** What is left of a client's units, as its profile says. */
export async function unitsUsed(client: Client): Promise<number> {
  const { body } = await client.get('/accounts/profile');
  return body.quota.used;
}

/** Asks again and again until `found` gives something; for states that announce themselves to nobody. */
export async function eventually<T>(found: () => Promise<T | undefined>, withinMs = 10_000): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const value = await found();
    if (value !== undefined) return value;
    if (performance.now() > until) throw new Error(`nothing came within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
