import type { ServerResponse } from 'node:http';
import type { Behaviour, ScriptedProvider } from '../scripted-provider.ts';
import { sendJson } from './play.ts';

/**
 * Lets another process do what the object's methods do: POST `/control/script` (an array of behaviours),
 * `/control/default` (one), `/control/release`, `/control/reset`; GET `/control/requests`.
 */
export function control(provider: ScriptedProvider, path: string, body: unknown, response: ServerResponse): void {
  switch (path) {
    case '/control/script':
      provider.script(...(body as Behaviour[]));
      break;
    case '/control/default':
      provider.setDefault(body as Behaviour);
      break;
    case '/control/release':
      provider.release();
      break;
    case '/control/reset':
      provider.reset();
      break;
    case '/control/requests':
      break;
    default:
      sendJson(response, 404, { error: { message: 'Unknown control' } });
      return;
  }
  sendJson(response, 200, {
    counts: provider.counts,
    connections: provider.openConnections(),
    requests: provider.requests,
  });
}
