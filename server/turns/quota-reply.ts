import type { FastifyReply } from 'fastify';
import type { Visitor } from '../http/visitor.ts';
import { quotaHeaders } from '../spend/quota-headers.ts';
import { readQuota } from '../spend/spend.store.ts';
import type { AskParts } from './start-turn.ts';

/** Says on an answer what its asker has left now, where no reservation has just said it. */
export async function addQuotaHeaders(
  parts: Pick<AskParts, 'database' | 'limits' | 'clock'>,
  visitor: Visitor,
  reply: FastifyReply,
): Promise<void> {
  const quota = await readQuota(parts.database.read, { userId: visitor.id, limits: parts.limits });
  void reply.headers(quotaHeaders(quota, parts.clock()));
}
