import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { visitorOf } from '../http/visitor.ts';
import type { GatewayParts } from './ask.ts';
import { gatewayConfig } from './gateway-schema.ts';
import { readMembers, readValue } from './json-members.ts';
import { findObject, keepObject, listObjects } from './objects.store.ts';
import { ownFineTuned } from './own-fine-tuned.ts';
import { handOnOwn } from './own-objects.ts';
import { aboutRequest, listOf, passOn, readListQuery, sameRequest, targetNamed } from './pass-on.ts';

const JOBS = 'fine_tuning/jobs';

/** A provider that has closed fine-tuning to its customer says so with 403: that is about the request. */
const closedOrWrong = (status: number) => status === 403 || aboutRequest(status);

/** A new job is for administrators: it costs money that no unit stands for. */
export function addFineTuningRoutes(scope: App, parts: GatewayParts): void {
  const { database } = parts;
  const options = { config: gatewayConfig, schema: { tags: ['gateway'] }, bodyLimit: parts.config.UPLOAD_LIMIT_BYTES };
  const making = { ...options, config: { access: 'administrator' as const } };

  const missing = (id: string) => `Could not find fine tune: ${id}`;
  const handOn = handOnOwn(parts, { kind: 'job', path: JOBS, missing, isForClient: closedOrWrong });

  const keep = (userId: number, provider: string) => async (text: string) => {
    const { id, object } = JSON.parse(text) as { id?: string; object?: string };
    if (object !== 'fine_tuning.job' || typeof id !== 'string') return;
    await database.write(keepObject, {
      id,
      kind: 'job',
      userId,
      provider,
      document: text,
      content: null,
      now: parts.clock(),
    });
  };

  scope.post(`/${JOBS}`, making, async (request: FastifyRequest, reply: FastifyReply) => {
    const { id: userId } = visitorOf(request);
    const members = readMembers(request.body as Buffer | undefined, parts.config.JSON_DEPTH_LIMIT);
    for (const name of ['training_file', 'validation_file']) {
      const id = readValue(members, name);
      if (typeof id === 'string' && !(await findObject(database.read, { id, kind: 'file', userId }))) {
        throw new Problem('not_found', `No such File object: ${id.slice(0, 100)}`, {
          errors: [{ path: name, message: 'is not there' }],
        });
      }
    }
    const target = await targetNamed(parts, JOBS, '');
    await passOn(target, sameRequest(request, JOBS), reply, keep(userId, target.name), closedOrWrong);
    return reply;
  });

  scope.get(`/${JOBS}`, options, async (request) => {
    const query = readListQuery(request);
    const rows = await listObjects(database.read, { kind: 'job', userId: visitorOf(request).id, ...query });
    return listOf(
      rows.map((row) => JSON.parse(row.document) as { id: string }),
      query.limit,
    );
  });

  const hand = (request: FastifyRequest, reply: FastifyReply, below = '') =>
    handOn(request, reply, below, (text, { user_id: userId, provider }) => keep(userId, provider)(text));
  scope.get(`/${JOBS}/:id`, options, (request, reply) => hand(request, reply));
  for (const below of ['events', 'checkpoints']) {
    scope.get(`/${JOBS}/:id/${below}`, options, (request, reply) => hand(request, reply, `/${below}`));
  }
  for (const below of ['cancel', 'pause', 'resume']) {
    scope.post(`/${JOBS}/:id/${below}`, options, (request, reply) => hand(request, reply, `/${below}`));
  }

  // Only who has made a fine-tuned model may delete it; for everybody else it is not there.
  scope.delete('/models/*', options, async (request, reply) => {
    const name = decodeURIComponent((request.params as { '*': string })['*']);
    const provider = (await ownFineTuned(database.read, visitorOf(request).id)).get(name);
    if (provider === undefined) throw new Problem('not_found', 'There is no fine-tuned model of yours with this name.');
    const target = await targetNamed(parts, 'models', provider);
    await passOn(target, sameRequest(request, `models/${encodeURIComponent(name)}`), reply);
    return reply;
  });
}
