import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { visitorOf } from '../http/visitor.ts';
import { askJson, type GatewayParts } from './ask.ts';
import { endpoints } from './endpoints.ts';
import { gatewayConfig, gatewaySchema } from './gateway-schema.ts';
import { readValue, type JsonMembers } from './json-members.ts';
import { findObject, keepObject } from './objects.store.ts';
import { handOnOwn } from './own-objects.ts';

/** Responses belong to whoever made them, also as what another one goes on from. */
export function addResponseRoutes(scope: App, parts: GatewayParts): void {
  const { database } = parts;
  const missing = (id: string) => `Response with id ${JSON.stringify(id)} not found.`;
  const hand = handOnOwn(parts, { kind: 'response', path: endpoints.responses.name, missing });

  /** Only the provider that has the previous response can go on from it. */
  async function checkPrevious(userId: number, members: JsonMembers): Promise<string | undefined> {
    const id = readValue(members, 'previous_response_id');
    if (id === undefined || id === null) return undefined;
    const found = typeof id === 'string' && (await findObject(database.read, { id, kind: 'response', userId }));
    if (found) return found.provider;
    const message = 'Previous response not found.';
    throw new Problem('not_found', message, { errors: [{ path: 'previous_response_id', message }] });
  }

  const limits = { config: gatewayConfig, bodyLimit: parts.config.UPLOAD_LIMIT_BYTES };
  for (const endpoint of [endpoints.responses, endpoints.compact, endpoints.inputTokens]) {
    const asking = { ...limits, schema: gatewaySchema(`Asks a model: ${endpoint.name}`) };
    scope.post(`/${endpoint.name}`, asking, async (request: FastifyRequest, reply: FastifyReply) => {
      const { id: userId } = visitorOf(request);
      await askJson(parts, endpoint, request, reply, {
        check: (members) => checkPrevious(userId, members),
        onWhole: async (_answer, { objectId }, { name: provider }) => {
          if (objectId === undefined) return;
          const object = { id: objectId, kind: 'response' as const, userId, provider, document: '{}', content: null };
          await database.write(keepObject, { ...object, now: parts.clock() });
        },
      });
      return reply;
    });
  }

  const options = { config: gatewayConfig, schema: { tags: ['gateway'] } };
  scope.get('/responses/:id', options, (request, reply) => hand(request, reply));
  scope.delete('/responses/:id', options, (request, reply) => hand(request, reply));
  scope.get('/responses/:id/input_items', options, (request, reply) => hand(request, reply, '/input_items'));
  scope.post('/responses/:id/cancel', options, (request, reply) => hand(request, reply, '/cancel'));
}
