import type { FastifyRequest } from 'fastify';
import { assistantBody, assistantChange } from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { visitorOf } from '../http/visitor.ts';
import {
  changeAssistant,
  createAssistant,
  deleteAssistant,
  findAssistant,
  listAssistants,
  type AssistantRow,
} from './assistants.store.ts';
import { resolveCursor, showPage } from './cursor.store.ts';
import { newId } from './ids.ts';
import type { AssistantParts } from './parts.ts';
import { checkTools, readBody, readCursor } from './read-body.ts';
import { keepResources } from './resources.ts';
import { routeOptions, type Params } from './route-options.ts';
import { documentOf, emptyDocument, showAssistant } from './show-assistant.ts';

export function noAssistant(id: string): Problem {
  return new Problem('not_found', `No assistant found with id '${id.slice(0, 100)}'.`);
}

/** Assistants: bots of their own, which nobody else sees. */
export function addAssistantRoutes(scope: App, parts: AssistantParts): void {
  const { database, clock } = parts;
  const depth = parts.config.JSON_DEPTH_LIMIT;

  async function own(request: FastifyRequest): Promise<AssistantRow> {
    const { id } = request.params as Params;
    const row = await findAssistant(database.read, { id, userId: visitorOf(request).id });
    if (!row) throw noAssistant(id);
    return row;
  }

  scope.post('/assistants', routeOptions(parts, 'Makes an assistant'), async (request) => {
    const body = readBody(assistantBody, request, depth);
    checkTools(body.tools);
    const visitor = visitorOf(request);
    const document = {
      ...emptyDocument,
      model: body.model,
      ...documentOf(body),
      tool_resources: await keepResources(parts, visitor, body.tool_resources ?? {}),
    };
    const id = newId('asst');
    const now = clock();
    await database.write(createAssistant, { id, userId: visitor.id, document, now });
    return showAssistant({ public_id: id, document: JSON.stringify(document), created_at: now });
  });

  scope.get('/assistants', routeOptions(parts, 'Own assistants'), async (request) => {
    const { id: userId } = visitorOf(request);
    const cursor = await resolveCursor(
      readCursor(request),
      async (id) => (await findAssistant(database.read, { id, userId }))?.id,
    );
    return showPage((await listAssistants(database.read, userId, cursor)).map(showAssistant), cursor.limit);
  });

  scope.get('/assistants/:id', routeOptions(parts, 'One assistant'), async (request) =>
    showAssistant(await own(request)),
  );

  scope.post('/assistants/:id', routeOptions(parts, 'Changes an assistant'), async (request) => {
    const body = readBody(assistantChange, request, depth);
    checkTools(body.tools);
    const visitor = visitorOf(request);
    const { public_id: id } = await own(request);
    const change = {
      ...documentOf(body),
      ...(body.tool_resources ? { tool_resources: await keepResources(parts, visitor, body.tool_resources) } : {}),
    };
    const row = await database.write(changeAssistant, { id, userId: visitor.id, change, now: clock() });
    if (!row) throw noAssistant(id);
    return showAssistant(row);
  });

  scope.delete('/assistants/:id', routeOptions(parts, 'Deletes an assistant'), async (request) => {
    const { id } = request.params as Params;
    const deleted = await database.write(deleteAssistant, { id, userId: visitorOf(request).id, now: clock() });
    if (!deleted) throw noAssistant(id);
    return { id, object: 'assistant.deleted', deleted: true };
  });
}
