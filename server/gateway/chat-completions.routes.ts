import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { failureOfStatus } from '../upstream/provider-failure.ts';
import { parseAnswer } from './answer-reader.ts';
import { ClientLeft } from './answer-relay.ts';
import { askJson, providerHeaders, type GatewayParts } from './ask.ts';
import { collectAnswer } from './collect-answer.ts';
import { endpoints } from './endpoints.ts';
import { gatewayConfig, gatewaySchema } from './gateway-schema.ts';
import { readValue } from './json-members.ts';
import { deleteObject, keepObject, listObjects, type ObjectQuery, type OwnObject } from './objects.store.ts';
import { handOnOwn } from './own-objects.ts';
import { listOf, readListQuery, targetNamed } from './pass-on.ts';

const PATH = endpoints.chat.name;
/** Most completions of a page, as OpenAI has it. */
const LARGEST_PAGE = 100;
/** So many are asked for at once. */
const AT_ONCE = 8;

/** What a list is narrowed by, as it is noted here; the completion itself is kept by its provider. */
interface Note {
  model: string;
  metadata: Record<string, string>;
}

/** Chat completions, which stay with the provider where the request says `store`: then they belong to their maker. */
export function addChatCompletionRoutes(scope: App, parts: GatewayParts): void {
  const { database } = parts;
  const missing = (id: string) => `No chat completion found with id ${JSON.stringify(id)}.`;
  const hand = handOnOwn(parts, { kind: 'completion', path: PATH, missing });

  async function keep(userId: number, provider: string, id: string, note: Note): Promise<void> {
    const object = { id, kind: 'completion' as const, userId, provider, document: JSON.stringify(note), content: null };
    await database.write(keepObject, { ...object, now: parts.clock() });
  }

  const asking = {
    config: gatewayConfig,
    bodyLimit: parts.config.UPLOAD_LIMIT_BYTES,
    schema: gatewaySchema(`Asks a model: ${PATH}`),
  };
  scope.post(`/${PATH}`, asking, async (request: FastifyRequest, reply: FastifyReply) => {
    const { id: userId } = visitorOf(request);
    let metadata: unknown;
    let stores = false;
    await askJson(parts, endpoints.chat, request, reply, {
      check: async (members) => {
        stores = readValue(members, 'store') === true;
        metadata = readValue(members, 'metadata');
        return undefined;
      },
      onWhole: async (_answer, { objectId, model }, { kind, name: provider }) => {
        // The demo model keeps nothing.
        if (!stores || objectId === undefined || kind === 'demo') return;
        await keep(userId, provider, objectId, noteOf({ model, metadata }));
      },
    });
    return reply;
  });

  /** Own completions as their providers have them now; those that are gone there are forgotten. */
  async function fetchAll(
    request: FastifyRequest,
    rows: OwnObject[],
    signal: AbortSignal,
  ): Promise<{ id?: unknown }[]> {
    const found: { id?: unknown }[] = [];
    const left = rows.entries();
    async function fetchNext(): Promise<void> {
      for (const [index, { id, user_id: userId, provider }] of left) {
        const target = await targetNamed(parts, PATH, provider);
        const path = `${PATH}/${encodeURIComponent(id)}`;
        const wanted = { method: 'GET', path, headers: providerHeaders(request, undefined), body: null };
        const reader = { readBody: (text: string) => void (found[index] = parseAnswer(text)) };
        const refusal = await collectAnswer(target, wanted, reader, signal);
        if (refusal?.status === 404) await database.write(deleteObject, { id, userId });
        else if (refusal) {
          const { status, headers, body } = refusal;
          throw failureOfStatus(status, headers, body.toString('utf8'), target.transport.secrets);
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, fetchNext));
    return found.filter(Boolean);
  }

  const options = { config: gatewayConfig, schema: { tags: ['gateway'] } };
  scope.get(`/${PATH}`, options, async (request, reply) => {
    const { limit: asked, after, ...query } = readListQuery(request, 'asc');
    const limit = Math.min(asked, LARGEST_PAGE);
    const wanted = { ...query, kind: 'completion' as const, userId: visitorOf(request).id, limit, after };
    const rows = await findNarrowed(wanted, request.query as Record<string, unknown>);
    const left = new AbortController();
    reply.raw.once('close', () => left.abort(new ClientLeft()));
    return listOf(await fetchAll(request, rows, left.signal), limit);
  });

  /** One more than `limit`, where there are more. */
  async function findNarrowed(query: ObjectQuery, by: Record<string, unknown>): Promise<OwnObject[]> {
    const found: OwnObject[] = [];
    for (let { after } = query; found.length <= query.limit;) {
      const page = await listObjects(database.read, { ...query, after });
      found.push(...page.slice(0, query.limit).filter(({ document }) => fits(JSON.parse(document), by)));
      if (page.length <= query.limit) break;
      after = page[query.limit - 1]!.id;
    }
    return found.slice(0, query.limit + 1);
  }

  scope.get(`/${PATH}/:id`, options, (request, reply) => hand(request, reply));
  scope.delete(`/${PATH}/:id`, options, (request, reply) => hand(request, reply));
  scope.get(`/${PATH}/:id/messages`, options, (request, reply) => hand(request, reply, '/messages'));
  scope.post(`/${PATH}/:id`, { ...options, schema: gatewaySchema('Changes the metadata') }, (request, reply) =>
    hand(request, reply, '', (text, { id, user_id: userId, provider }) =>
      keep(userId, provider, id, noteOf(JSON.parse(text))),
    ),
  );
}

function noteOf({ model, metadata }: { model?: unknown; metadata?: unknown }): Note {
  const pairs = typeof metadata === 'object' && metadata !== null ? Object.entries(metadata) : [];
  const texts = pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return { model: String(model ?? ''), metadata: Object.fromEntries(texts) };
}

/** Whether one is asked for by `model` and each `metadata[key]` of a query. */
function fits({ model, metadata }: Note, query: Record<string, unknown>): boolean {
  return Object.entries(query).every(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    if (key !== undefined) return metadata[key] === value;
    return name !== 'model' || model === value;
  });
}
