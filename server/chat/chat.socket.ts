import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { cookieName, isOwnOrigin, readCredential } from '../http/visitor.ts';
import { converse, type ConversationParts, type Socket } from './conversation.ts';

/** The WebSocket door to the same answers: `/chat/ws`. */
export function addChatSocket(app: App, parts: ConversationParts): void {
  const cookie = cookieName(parts.config);
  const options = {
    websocket: true as const,
    config: { access: 'anyone' as const },
    preValidation: refuseForeign(parts.config),
  };
  app.get('/chat/ws', options, (socket: Socket, request: FastifyRequest) => {
    socket.on('close', () => {
      request.log.info({ route: '/chat/ws', user: request.visitor?.id }, 'socket closed');
    });
    const token = readCredential(request, cookie)?.token;
    const login = request.visitor && token ? { token, visitor: request.visitor } : undefined;
    converse(socket, parts, login, request);
  });
}

/** A browser sends its cookie along for whatever page opens a socket, so it has to be a page of ours. */
function refuseForeign(config: Config) {
  return async (request: FastifyRequest): Promise<void> => {
    const viaCookie = readCredential(request, cookieName(config))?.via === 'cookie';
    if (viaCookie && !isOwnOrigin(request, request.headers.origin, config)) throw new Problem('origin_refused');
  };
}
