import { aliasBody, aliasList, aliasName, modelAlias, type ModelAlias } from '#contracts/aliases.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import { retiredModels, type RetiredModel } from './alias-table.ts';
import type { Aliases } from './aliases.ts';
import { removeAlias, setAlias } from './aliases.store.ts';

interface AliasParts {
  database: Database;
  clock: () => number;
  aliases: Aliases;
}

const config = { access: 'administrator' as const };
const tags = ['administration'];
const shipped = new Set(retiredModels);

function show(row: RetiredModel): ModelAlias {
  const { name, targets, shutdownDate, source } = row;
  return { name, targets, shutdown_date: shutdownDate, source, shipped: shipped.has(row) };
}

/** Which model answers to a name that the provider does not list. */
export function addAliasRoutes(app: App, { database, clock, aliases }: AliasParts): void {
  const listing = { tags, summary: 'Names of models and what answers to them', response: answers({ 200: aliasList }) };
  app.get('/admin/aliases', { config, schema: listing }, async () => ({ results: aliases.all().map(show) }));
  const setting = {
    tags,
    summary: 'Let other models answer to a name, the first that the provider lists',
    params: aliasName,
    body: aliasBody,
    response: answers({ 200: modelAlias }),
  };
  app.put('/admin/aliases/:name', { config, schema: setting }, async (request) => {
    const { name } = request.params;
    const { id: actorId } = visitorOf(request);
    const known = aliases.find(name);
    const { targets = known?.targets ?? [], shutdown_date: date = known?.shutdownDate ?? null } = request.body;
    const { source = 'administrator' } = request.body;
    const row = { name, targets: JSON.stringify(targets), shutdown_date: date, source, changed_at: clock() };
    await database.write(setAlias, { row, actorId });
    await aliases.refresh();
    return show(aliases.find(name)!);
  });
  const removing = { tags, summary: 'Back to what is shipped', params: aliasName, response: answers({ 204: nothing }) };
  app.delete('/admin/aliases/:name', { config, schema: removing }, async (request, reply) => {
    const { name } = request.params;
    const removed = await database.write(removeAlias, { name, actorId: visitorOf(request).id, now: clock() });
    if (!removed) throw new Problem('not_found');
    await aliases.refresh();
    return reply.code(204).send();
  });
}
