import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemDocument } from '#contracts/errors.ts';

/** The HTTP application as route files see it: schemas are zod, and types follow from them. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The empty body of a 204. */
export const nothing = z.undefined().meta({ description: 'Done; no body' });

/** For the document alone: handlers throw their problems, and send what they declare, or a text of their own type. */
const problem = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: problemDocument } },
} as unknown as z.ZodAny;

/** The answers of a route: the given ones, and a problem for everything else. */
export function answers<Responses extends Record<number, z.ZodType>>(responses: Responses) {
  return { ...responses, default: problem };
}
