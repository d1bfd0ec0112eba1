import websocket from '@fastify/websocket';
import type { Config } from '../config.ts';
import type { App } from './app-types.ts';

/** A socket that does not answer our close is cut off after this. */
const CLOSE_TIMEOUT_MS = 2_000;
/** https://www.iana.org/assignments/websocket: the server is going away; something went wrong on our side. */
const GOING_AWAY = 1_001;
const INTERNAL = 1_011;

/**
 * Lets routes be WebSockets. It stands before every hook that can refuse: the plugin closes the connection of a
 * refused upgrade, which nothing reads any more, only where it has seen the request first.
 */
export async function addSockets(app: App, config: Config): Promise<void> {
  await app.register(websocket, {
    options: { maxPayload: config.BODY_LIMIT_BYTES, perMessageDeflate: false, closeTimeout: CLOSE_TIMEOUT_MS },
    // After a broken frame the socket has closed itself by now, with the code that says why.
    errorHandler: (error, socket, request) => {
      request.log.debug({ err: error }, 'a socket broke off');
      socket.close(INTERNAL);
    },
    preClose: (done) => {
      for (const socket of app.websocketServer.clients) socket.close(GOING_AWAY);
      done();
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.ws) void reply.header('connection', 'close');
  });
}
