import { rmSync } from 'node:fs';
import { clientOf, joinAs, type Client } from './client.ts';
import { startScriptedProvider, type ScriptedProvider } from './scripted-provider.ts';
import { startProcess, type ServerProcess } from './server-process.ts';
import { freshPlace } from './server.ts';
import { writeTo } from './write-to.ts';

/** Real server processes on one database, a scripted provider behind them, and a member of theirs. */
export interface GatewayProcesses {
  provider: ScriptedProvider;
  place: Awaited<ReturnType<typeof freshPlace>>;
  /** Starts a server; gives it with its address and the member as its client. */
  start(more?: Record<string, string>): Promise<{ server: ServerProcess; url: string; member: Client }>;
  close(): Promise<void>;
}

export async function gatewayProcesses(
  env: Record<string, string> = {},
  { on, ...how }: { on?: GatewayProcesses['place']; program?: string; wrapper?: string[] } = {},
): Promise<GatewayProcesses> {
  const provider = await startScriptedProvider();
  const place = on ?? (await freshPlace());
  const started: ServerProcess[] = [];
  let token: string | undefined;
  return {
    provider,
    place,
    start: async (more = {}) => {
      const settings = {
        OPENAI_BASE_URL: provider.url,
        OPENAI_API_KEY: 'sk-x',
        DAILY_REQUEST_LIMIT: '1000000',
        MAX_CONCURRENT_GENERATIONS: '0',
        LOG_LEVEL: 'error',
        ...env,
        ...more,
      };
      const server = await startProcess(settings, place, how);
      started.push(server);
      const shown = await server.ready;
      // Behind a proxy it shows another address, and has been told its port.
      const url = more.PORT ? `http://127.0.0.1:${more.PORT}` : shown.replace('localhost', '127.0.0.1');
      if (token === undefined) {
        await joinAs(url, 'administrator');
        ({ token } = await joinAs(url, 'member'));
      }
      return { server, url, member: clientOf(url, token) };
    },
    close: async () => {
      await Promise.all(started.map((server) => server.stop('SIGKILL')));
      await provider.close();
      rmSync(place.dataDir, { recursive: true, force: true });
    },
  };
}

/** A killed process is dead at once for the others, which would else wait for its heartbeat to be old. */
export async function forgetHeartbeats(place: GatewayProcesses['place']): Promise<void> {
  if (place.databaseUrl) await writeTo(place, 'update instances set heartbeat_at = 0');
}
