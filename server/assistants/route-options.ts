import { z } from 'zod';
import type { FastifyRequest } from 'fastify';
import type { AssistantParts } from './parts.ts';
import { requireBeta } from './read-body.ts';

export interface Params {
  id: string;
  thread: string;
  run: string;
}

const ofOpenAi = z.any().meta({ description: 'As in the OpenAI API' });

/** What every route of Assistants v2 declares. Vector stores need no beta header. */
export function routeOptions(parts: AssistantParts, summary: string, beta = true) {
  return {
    config: { access: 'user' as const },
    bodyLimit: parts.config.UPLOAD_LIMIT_BYTES,
    schema: { tags: ['assistants'], summary, response: { 200: ofOpenAi } },
    ...(beta ? { preHandler: async (request: FastifyRequest) => requireBeta(request) } : {}),
  };
}
