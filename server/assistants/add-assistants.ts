import type { App } from '../http/app-types.ts';
import { addAssistantRoutes } from './assistants.routes.ts';
import type { AssistantParts } from './parts.ts';
import { addRunRoutes } from './runs.routes.ts';
import { addStepRoutes } from './steps.routes.ts';
import { addVectorFileRoutes } from './vector-files.routes.ts';
import { addVectorStoreRoutes } from './vector-stores.routes.ts';
import { addMessageRoutes, addThreadRoutes } from './threads.routes.ts';

/** The Assistants API and its vector stores, within the routes below /v1. */
export function addAssistants(scope: App, parts: AssistantParts): void {
  addAssistantRoutes(scope, parts);
  addThreadRoutes(scope, parts);
  addMessageRoutes(scope, parts);
  addRunRoutes(scope, parts);
  addStepRoutes(scope, parts);
  addVectorStoreRoutes(scope, parts);
  addVectorFileRoutes(scope, parts);
}
