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

/** The answers of a route: the given ones, and a problem for everything else. */
export function answers<Responses extends Record<number, z.ZodType>>(responses: Responses) {
  return { ...responses, default: problem };
}

const problem = z
  .any()
  .meta({ description: problemDocument.description })
  .describe('A problem (RFC 9457, application/problem+json)');
