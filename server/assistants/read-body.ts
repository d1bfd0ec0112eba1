import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { cursorQuery, type CursorQuery, type Tool } from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import { parseJson } from '../http/json-body.ts';

/** A wrong field, as OpenAI answers one: 400 with the name of the field. */
export function refuseField(path: string, message: string): Problem {
  return new Problem('unreadable', message, { errors: [{ path, message }] });
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw refuseField(path, path === '' ? `Invalid body: ${issue?.message}` : `Invalid '${path}': ${issue?.message}`);
}

/** The JSON body of a request; without one, an empty object is read. */
export function readBody<Schema extends z.ZodType>(
  schema: Schema,
  request: FastifyRequest,
  depthLimit: number,
): z.infer<Schema> {
  const bytes = request.body as Buffer | undefined;
  const value = bytes && bytes.length > 0 ? parseJson(bytes, depthLimit) : {};
  // PostgreSQL keeps no text with this character in it.
  if (bytes?.includes('\\u0000')) throw new Problem('unreadable', 'The body must not contain the character U+0000.');
  return check(schema, value);
}

export function readCursor(request: FastifyRequest): CursorQuery {
  return check(cursorQuery, request.query);
}

const BETA =
  "You must provide the 'OpenAI-Beta' header to access the Assistants API. " +
  "Please try again by setting the header 'OpenAI-Beta: assistants=v2'.";

/** Assistants, threads and runs are only there for clients that say which version they speak. */
export function requireBeta(request: FastifyRequest): void {
  const header = String(request.headers['openai-beta'] ?? '');
  if (header.split(/[,\s]+/).includes('assistants=v2')) return;
  throw new Problem('unreadable', header === '' ? BETA : `${BETA} Other versions are not served.`);
}

/** Throws 400 for what would need a machine that runs programs, which this server has not. */
export function refuseCodeInterpreter(types: readonly { type: string }[] | null | undefined, path: string): void {
  if (!types?.some(({ type }) => type === 'code_interpreter')) return;
  throw refuseField(
    path,
    'code_interpreter is not served here: this server has no sandbox that programs could run in. ' +
      'Use function tools, or file_search.',
  );
}

/** Throws 400 for tools that can not be served, or that have one name twice. */
export function checkTools(tools: Tool[] | null | undefined): void {
  refuseCodeInterpreter(tools, 'tools');
  const names = (tools ?? []).map((tool) => (tool.type === 'function' ? tool.function.name : tool.type));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw refuseField('tools', `The tool ${twice} is there twice.`);
}
