import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { allowsModel } from '../spend/key-limits.store.ts';
import type { CatalogueModel } from '../upstream/upstream.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import type { Aliases } from './aliases.ts';
import type { GatewayParts } from './ask.ts';
import { ownFineTuned } from './own-fine-tuned.ts';

const config = { access: 'user' as const };
const schema = { tags: ['gateway'] };

interface ListedModel {
  id: string;
  object: 'model';
  created: number;
  owned_by: string;
  shutdown_date?: string;
}

function show(model: CatalogueModel, aliases: Aliases): ListedModel {
  const end = aliases.find(model.id)?.shutdownDate;
  return {
    id: model.id,
    object: 'model',
    created: model.created ?? 0,
    owned_by: model.owned_by,
    ...(end ? { shutdown_date: end } : {}),
  };
}

const isFineTuned = ({ id }: CatalogueModel) => id.startsWith('ft:');

/** Models of the provider, less those that the key does not take and other people's fine-tuned ones. */
async function listFor(parts: GatewayParts, { id: userId, key }: Visitor): Promise<ListedModel[]> {
  const listed = (await parts.catalogue.list()).filter(({ id }) => allowsModel(key?.models ?? null, id));
  const own = listed.some(isFineTuned) ? await ownFineTuned(parts.database.read, userId) : new Map();
  const shown = listed.filter((model) => !isFineTuned(model) || own.has(model.id));
  return shown.map((model) => show(model, parts.aliases));
}

export function addModelRoutes(scope: App, parts: GatewayParts): void {
  scope.get('/models', { config, schema }, async (request, reply) => {
    const data = await listFor(parts, visitorOf(request));
    return reply.type('application/json').send({ object: 'list', data });
  });
  scope.get('/models/*', { config, schema }, async (request, reply) => {
    const name = decodeURIComponent((request.params as { '*': string })['*']);
    const visitor = visitorOf(request);
    const found = (await listFor(parts, visitor)).find((model) => model.id === name);
    if (found) return reply.type('application/json').send(found);
    const retired = parts.aliases.find(name);
    if (retired && allowsModel(visitor.key?.models ?? null, name))
      return reply.send(show({ id: name, owned_by: 'daesa' }, parts.aliases));
    throw new Problem('not_found', `The model ${JSON.stringify(name.slice(0, 200))} does not exist.`);
  });
}
