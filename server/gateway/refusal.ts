import type { FastifyReply } from 'fastify';
import { readError } from '../upstream/provider-failure.ts';
import { redact } from '../upstream/redact.ts';
import { sendOpenAiError } from './openai-error.ts';
import type { Refusal } from './provider-call.ts';

const credential = /\bsk-[\w*.-]{6,}|\bbearer\s+\S|[*•]{4,}/i;

function quotesKey(text: string, secrets: readonly string[]): boolean {
  return credential.test(text) || secrets.some((secret) => secret.length >= 4 && text.includes(secret));
}

function hasAllFields(text: string): boolean {
  try {
    const { error } = JSON.parse(text) as { error?: Record<string, unknown> };
    return ['message', 'type', 'param', 'code'].every((name) => error?.[name] !== undefined);
  } catch {
    return false;
  }
}

/** Answers with what the provider said about the request: its own bytes, unless they quote a key or lack a field. */
export function handOnRefusal(
  reply: FastifyReply,
  { status, body }: Refusal,
  secrets: readonly string[],
  headers: Record<string, string>,
): void {
  const text = body.toString('utf8');
  void reply.headers(headers);
  if (hasAllFields(text) && !quotesKey(text, secrets)) {
    void reply.code(status).type('application/json').send(body);
    return;
  }
  const said = readError(text);
  const message = redact(said.message, secrets) || `The model provider answered ${status}.`;
  sendOpenAiError(reply, status, {
    message,
    type: 'invalid_request_error',
    param: said.param || null,
    code: said.code || null,
  });
}
