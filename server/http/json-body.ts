import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../errors.ts';

/**
 * Whether brackets nest deeper than `limit`, outside of strings. Asked before parsing: `JSON.parse` takes
 * 200,000 levels, and whatever walks the value afterwards (`JSON.stringify`, a schema) breaks at 8,000.
 */
export function isTooDeep(text: string, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      index = endOfString(text, index);
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}

/** The index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Reads a JSON body: 400 for what is no UTF-8, no JSON, or nested deeper than `depthLimit`. */
export function parseJson(body: Buffer, depthLimit: number): unknown {
  if (!isUtf8(body)) throw new Problem('unreadable', 'The body is not valid UTF-8.');
  const text = body.toString('utf8');
  if (isTooDeep(text, depthLimit)) throw new Problem('too_deep', `The body nests deeper than ${depthLimit} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('unreadable', 'The body is not valid JSON.');
  }
}

/** Programs name a type by habit, and HTML forms can't help it: where nothing is sent or needed, it means nothing. */
function forgetTypeOfNothing({ raw, routeOptions, url }: FastifyRequest): void {
  const { headers } = raw;
  if (headers['content-type'] === undefined || headers['transfer-encoding'] !== undefined) return;
  if ((headers['content-length'] ?? '0') !== '0' || url.startsWith('/v1/')) return;
  const body = routeOptions.schema?.body;
  if (!(body instanceof z.ZodType) || body.safeParse(undefined).success) delete headers['content-type'];
}

/** Nothing is unpacked: a few bytes would become any number of them. */
function refuseCoding({ raw: { headers } }: FastifyRequest): void {
  if (/^(identity)?$/i.test(headers['content-encoding'] ?? '')) return;
  throw new Problem('unsupported_type', 'Send the body without Content-Encoding.', {
    headers: { 'accept-encoding': 'identity' },
  });
}

/** Takes JSON and nothing else. `__proto__` needs no guard: validation copies the known fields only. */
export function addJsonParser(app: FastifyInstance, depthLimit: number): void {
  app.removeAllContentTypeParsers();
  app.addHook('onRequest', async (request) => {
    refuseCoding(request);
    forgetTypeOfNothing(request);
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    parseJson(body, depthLimit),
  );
}
