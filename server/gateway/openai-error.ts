import type { ErrorCode } from '#contracts/errors.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../errors.ts';
import { problemHeaders, toProblem } from '../http/problems.ts';
import { withOpenAiNames } from './answer-headers.ts';

/** What OpenAI's clients read of an error: all four fields, always. */
export interface OpenAiError {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

const types: Partial<Record<ErrorCode, string>> = {
  quota_exhausted: 'insufficient_quota',
  budget_exhausted: 'insufficient_quota',
  too_many_generations: 'requests',
  too_many_tokens: 'tokens',
  forbidden: 'permission_error',
  model_not_allowed: 'permission_error',
};

/** The code that OpenAI has for the same thing. */
const codes: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'invalid_api_key',
  too_many_tokens: 'rate_limit_exceeded',
};

/** Trying again can't help: not before the day or the month is over, or never. */
const neverRetry = new Set<ErrorCode>([
  'quota_exhausted',
  'budget_exhausted',
  'provider_refused',
  'not_supported',
  'idempotency_mismatch',
]);

export function openAiError(problem: Problem): OpenAiError {
  const { code, status } = problem;
  return {
    message: problem.message,
    type: types[code] ?? (status >= 500 ? 'server_error' : 'invalid_request_error'),
    param: problem.errors?.[0]?.path || null,
    code: codes[code] ?? code,
  };
}

export function sendOpenAiError(
  reply: FastifyReply,
  status: number,
  error: OpenAiError,
  headers: Record<string, string> = {},
): FastifyReply {
  return (
    reply
      .code(status)
      .headers(headers)
      .type('application/json; charset=utf-8')
      // As bytes: Node would write the headers before a text in the text's encoding.
      .send(Buffer.from(JSON.stringify({ error })))
  );
}

/** Answers any error of a route below /v1. */
export function answerProblem(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  const problem = toProblem(thrown);
  if (problem.status >= 500) request.log.error({ code: problem.code, err: problem.cause ?? problem }, 'failed');
  const headers = withOpenAiNames(problemHeaders(problem));
  if (neverRetry.has(problem.code)) headers['x-should-retry'] = 'false';
  return sendOpenAiError(reply, problem.status, openAiError(problem), headers);
}

export function unknownUrl(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]!.slice(0, 200);
  const message = `Unknown request URL: ${request.method} ${path}.`;
  return sendOpenAiError(reply, 404, { message, type: 'invalid_request_error', param: null, code: 'unknown_url' });
}
