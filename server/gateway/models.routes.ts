import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { allowsModel } from '../spend/key-limits.store.ts';
import type { CatalogueModel } from '../upstream/upstream.ts';
import { visitorOf } from '../http/visitor.ts';
import type { Aliases } from './aliases.ts';
import type { GatewayParts } from './ask.ts';

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
    created: 0,
    owned_by: model.owned_by,
    ...(end ? { shutdown_date: end } : {}),
  };
}

/** Models of the provider, less those that the key does not take and other people's fine-tuned ones. */
async function listFor(parts: GatewayParts, models: string[] | null): Promise<ListedModel[]> {
  const listed = await parts.catalogue.list();
  const shown = listed.filter((model) => !model.id.startsWith('ft:') && allowsModel(models, model.id));
  return shown.map((model) => show(model, parts.aliases));
}

export function addModelRoutes(scope: App, parts: GatewayParts): void {
  scope.get('/models', { config, schema }, async (request, reply) => {
    const data = await listFor(parts, visitorOf(request).key?.models ?? null);
    return reply.type('application/json').send({ object: 'list', data });
  });
  scope.get('/models/*', { config, schema }, async (request, reply) => {
    const name = decodeURIComponent((request.params as { '*': string })['*']);
    const models = visitorOf(request).key?.models ?? null;
    const found = (await listFor(parts, models)).find((model) => model.id === name);
    if (found) return reply.type('application/json').send(found);
    const retired = parts.aliases.find(name);
    if (retired && allowsModel(models, name)) return reply.send(show({ id: name, owned_by: 'daesa' }, parts.aliases));
    throw new Problem('not_found', `The model ${JSON.stringify(name.slice(0, 200))} does not exist.`);
  });
}
