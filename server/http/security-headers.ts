import type { OutgoingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';
import type { Config } from '../config.ts';
import type { App } from './app-types.ts';
import { IncomingMessage, ServerResponse } from '../node-http.ts';

const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    'default-src': ["'self'"],
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'img-src': ["'self'", 'data:', 'blob:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'"],
    'worker-src': ["'self'", 'blob:'],
    'object-src': ["'none'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
  },
};

/** For the page that shows one picture from elsewhere in a frame of ours: it may load pictures, and nothing else. */
export const picturePolicy =
  "default-src 'none'; img-src https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** What helmet would set on every answer. It depends on settings alone, and helmet takes 80 µs to say it. */
function securityHeaders(config: Config): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const setHeaders = helmet({
    contentSecurityPolicy,
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: config.PUBLIC_URL.startsWith('https:') && { maxAge: 31_536_000 },
  });
  setHeaders(request, response, (error) => {
    if (error) throw error;
  });
  return response.getHeaders();
}

/** The security headers of every answer. */
export function addSecurityHeaders(app: App, config: Config): void {
  const headers = securityHeaders(config);
  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers(headers);
  });
}
