import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { Problem } from '../errors.ts';
import { STATUS_CODES } from '../node-http.ts';
import { sendToLogin, wantsPage } from './faces.ts';
import { watchMethods } from './known-methods.ts';

/** What fastify itself throws, as ours: https://fastify.dev/docs/latest/Reference/Errors/. */
function fromFastify(error: FastifyError): Problem | undefined {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem('too_large');
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new Problem('unsupported_type', 'Send JSON with Content-Type: application/json.');
  }
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Problem('unreadable', error.message);
  }
  return undefined;
}

function fromValidation(error: FastifyError): Problem | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  // An id that can't exist is an unknown one.
  if (error.validationContext === 'params') return new Problem('not_found');
  const errors = error.validation.map((issue) => {
    const path = issue.instancePath.slice(1).replaceAll('/', '.');
    return { path, message: issue.message ?? 'takes another value' };
  });
  const named = errors.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  return new Problem('invalid', named.join('; '), { errors });
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof Error) || isResponseSerializationError(error))
    return new Problem('internal', undefined, { cause: error });
  const fastifyError = error as FastifyError;
  return (
    fromValidation(fastifyError) ?? fromFastify(fastifyError) ?? new Problem('internal', undefined, { cause: error })
  );
}

/** Headers that a problem brings along, lower case. */
export function problemHeaders(problem: Problem): Record<string, string> {
  const headers: Record<string, string> = { ...problem.headers, 'cache-control': 'no-store' };
  if (problem.retryAfterS !== undefined) headers['retry-after'] = String(problem.retryAfterS);
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer realm="daesa"';
  return headers;
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const instance = request.url.split('?', 1)[0]!;
  return reply
    .code(problem.status)
    .headers(problemHeaders(problem))
    .type('application/problem+json')
    .serializer((document) => JSON.stringify(document))
    .send(problem.toDocument(instance));
}

/** What Node's parser refuses, by its code: such a request has no path, and reaches no route or hook. */
const parserProblems: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem('headers_too_large'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: new Problem('too_large'),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem('too_slow'),
};

/** Answers a request that could not even be parsed, and ends its connection. */
export function answerParserError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = parserProblems[error.code ?? ''] ?? new Problem('unreadable');
  const body = JSON.stringify(problem.toDocument('*'));
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: application/problem+json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`,
  );
}

/** Answers an address that the router can't read: it comes before every route and hook as well. */
export function answerRouterError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const tooLong = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
  void sendProblem(request, reply, tooLong ? new Problem('not_found') : new Problem('unreadable'));
}

/** One handler for everything that is thrown, one for every path and method that is none. */
export function addProblemHandlers(app: FastifyInstance): void {
  const methodsOf = watchMethods(app);
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    if (problem.code === 'unauthenticated' && wantsPage(request)) return sendToLogin(request, reply);
    if (problem.status >= 500) request.log.error({ code: problem.code, err: problem.cause ?? problem }, 'failed');
    return sendProblem(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url.split('?', 1)[0]!);
    // A route of files takes the method, and has no such file.
    const taken = methods.length === 0 || methods.includes(request.method);
    if (taken) return sendProblem(request, reply, new Problem('not_found'));
    const allow = methods.join(', ');
    return sendProblem(request, reply, new Problem('method_not_allowed', `Takes ${allow}.`, { headers: { allow } }));
  });
}
