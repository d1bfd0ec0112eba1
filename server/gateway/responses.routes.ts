import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { visitorOf } from '../http/visitor.ts';
import { askJson, type GatewayParts } from './ask.ts';
import { endpoints } from './endpoints.ts';
import { gatewayConfig, gatewaySchema } from './gateway-schema.ts';
import { readValue, type JsonMembers } from './json-members.ts';
import { deleteObject, findObject, keepObject, type OwnObject } from './objects.store.ts';
import { passOn, sameRequest, targetNamed } from './pass-on.ts';

type IdParams = { id: string };

/** Responses belong to whoever made them, also as what another one goes on from. */
export function addResponseRoutes(scope: App, parts: GatewayParts): void {
  const { database } = parts;
  const schema = { tags: ['gateway'] };

  async function own(request: FastifyRequest): Promise<OwnObject> {
    const { id } = request.params as IdParams;
    const found = await findObject(database.read, { id, kind: 'response', userId: visitorOf(request).id });
    if (!found) throw new Problem('not_found', `Response with id ${JSON.stringify(id.slice(0, 100))} not found.`);
    return found;
  }

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

  const hand = async (request: FastifyRequest, reply: FastifyReply, below = '') => {
    const { id, provider } = await own(request);
    const target = await targetNamed(parts, 'responses', provider);
    await passOn(target, sameRequest(request, `responses/${encodeURIComponent(id)}${below}`), reply, async () => {
      if (request.method === 'DELETE') await database.write(deleteObject, { id, userId: visitorOf(request).id });
    });
    return reply;
  };
  const options = { config: gatewayConfig, schema };
  scope.get('/responses/:id', options, (request, reply) => hand(request, reply));
  scope.delete('/responses/:id', options, (request, reply) => hand(request, reply));
  scope.get('/responses/:id/input_items', options, (request, reply) => hand(request, reply, '/input_items'));
  scope.post('/responses/:id/cancel', options, (request, reply) => hand(request, reply, '/cancel'));
}
