import type { FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { resolveCursor, showPage } from './cursor.store.ts';
import type { AssistantParts } from './parts.ts';
import { readCursor } from './read-body.ts';
import { routeOptions, type Params } from './route-options.ts';
import { showStep } from './run-document.ts';
import { findStep, listSteps } from './runs.store.ts';
import { ownRun } from './runs.routes.ts';

const CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';

/** A client that names it sees what a search has found. */
function withContent(request: FastifyRequest): boolean {
  const query = request.query as Record<string, string | string[] | undefined>;
  return [query['include[]'], query.include].flat().includes(CONTENT);
}

/** Steps: what a run has done, one after the other. */
export function addStepRoutes(scope: App, parts: AssistantParts): void {
  const { database } = parts;
  scope.get('/threads/:thread/runs/:run/steps', routeOptions(parts, 'Steps of a run'), async (request) => {
    const { thread, run } = await ownRun(parts, request);
    const cursor = await resolveCursor(
      readCursor(request),
      async (id) => (await findStep(database.read, { runId: run.id, id }))?.id,
    );
    const rows = await listSteps(database.read, run.id, cursor);
    return showPage(
      rows.map((row) => showStep(row, run, thread.public_id, withContent(request))),
      cursor.limit,
    );
  });
  scope.get('/threads/:thread/runs/:run/steps/:id', routeOptions(parts, 'One step'), async (request) => {
    const { thread, run } = await ownRun(parts, request);
    const { id } = request.params as Params;
    const row = await findStep(database.read, { runId: run.id, id });
    if (!row) throw new Problem('not_found', `No run step found with id '${id.slice(0, 100)}'.`);
    return showStep(row, run, thread.public_id, withContent(request));
  });
}
