import OpenAI from 'openai';
import { clientOf, joinAs, type Client } from './client.ts';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts';
import { startServer, type TestServer, type TestServerOptions } from './server.ts';

export interface GatewayHouse {
  server: TestServer & { databaseUrl: string | undefined };
  provider: ScriptedProvider;
  administrator: Client;
  /** A member who is not administrator. */
  owner: Client;
  /** A new key of the owner, as OpenAI's client and as a plain one. */
  key(limits?: object): Promise<{ id: number; key: string; openai: OpenAI; plain: Client }>;
  /** Rows of the ledger, oldest first. */
  ledger(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** A server with a scripted provider behind it and a member with keys before it. */
export async function startGateway(options: TestServerOptions = {}): Promise<GatewayHouse> {
  const provider = await startScriptedProvider();
  const env = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: 'sk-canary-provider-key',
    DAILY_REQUEST_LIMIT: '-1',
    MAX_CONCURRENT_GENERATIONS: '0',
    ...options.env,
  };
  const server = await startServer({ ...options, env });
  const administrator = await joinAs(server.url, 'administrator');
  const owner = await joinAs(server.url, 'owner');
  return {
    server,
    provider,
    administrator,
    owner,
    key: async (limits = {}) => {
      const made = await owner.post('/keys', { name: 'test', ...limits });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      const { id, key } = made.body;
      const openai = new OpenAI({ apiKey: key, baseURL: `${server.url}/v1`, maxRetries: 0 });
      return { id, key, openai, plain: clientOf(server.url, key) };
    },
    ledger: () => server.context.database.read.selectFrom('ledger').selectAll().orderBy('id').execute(),
    close: async () => {
      await server.close();
      await provider.close();
    },
  };
}
