import type { FastifyReply } from 'fastify';
import type { Quota } from '../spend/reservation.ts';
import { quotaHeaders } from '../spend/quota-headers.ts';
import type { TokenRoom } from '../spend/key-limits.store.ts';
import type { AnswerHeaders } from '../upstream/provider-failure.ts';

/** A time as OpenAI writes it in its headers: `12ms`, `8.5s`, `6m0s`, `14h3m20s`. */
export function shortTime(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1_000) return `${ms}ms`;
  if (ms < 60_000) return `${ms / 1_000}s`;
  const seconds = Math.ceil(ms / 1_000);
  const hours = Math.floor(seconds / 3_600);
  const rest = `${Math.floor((seconds % 3_600) / 60)}m${seconds % 60}s`;
  return hours > 0 ? `${hours}h${rest}` : rest;
}

/** Where the asker stands in requests, under OpenAI's names as well. */
export function withOpenAiNames(quota: Record<string, string>): Record<string, string> {
  const { 'ratelimit-limit': limit, 'ratelimit-remaining': left, 'ratelimit-reset': seconds } = quota;
  if (limit === undefined || left === undefined) return quota;
  return {
    ...quota,
    'x-ratelimit-limit-requests': limit,
    'x-ratelimit-remaining-requests': left,
    'x-ratelimit-reset-requests': shortTime(Number(seconds) * 1_000),
  };
}

/** Where the asker stands: OpenAI's names, and ours. */
export function limitHeaders(quota: Quota, room: TokenRoom | null, now: number): Record<string, string> {
  const headers = withOpenAiNames(quotaHeaders(quota, now));
  if (room) {
    headers['x-ratelimit-limit-tokens'] = String(room.limit);
    headers['x-ratelimit-remaining-tokens'] = String(room.remaining);
    headers['x-ratelimit-reset-tokens'] = shortTime(room.resetMs);
  }
  return headers;
}

/** What is handed on of a provider's headers; cookies and the name of our organisation are not among it. */
const handedOn =
  /^(content-type|content-disposition|retry-after|retry-after-ms|x-ratelimit-.*|openai-(version|model|processing-ms|poll-after-ms))$/;

/** The headers of an answer: the provider's, under ours. */
export function answerHeaders(
  reply: FastifyReply,
  fromProvider: AnswerHeaders,
  startedAt: number,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(fromProvider)) {
    if (value !== undefined && handedOn.test(name)) headers[name] = value;
  }
  headers['openai-processing-ms'] ??= String(Math.round(performance.now() - startedAt));
  Object.assign(headers, reply.getHeaders());
  if (String(headers['content-type']).includes('event-stream')) {
    headers['cache-control'] = 'no-store, no-transform';
    headers['x-accel-buffering'] = 'no';
  } else {
    headers['cache-control'] ??= 'no-store';
  }
  return headers;
}
