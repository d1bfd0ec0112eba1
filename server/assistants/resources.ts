import type { ToolResources } from '#contracts/assistants.ts';
import type { Visitor } from '../http/visitor.ts';
import type { AssistantParts } from './parts.ts';
import { refuseCodeInterpreter, refuseField } from './read-body.ts';
import type { KeptResources } from './show-assistant.ts';
import { findVectorStore } from './vector-stores.store.ts';

/** The resources of tools as they are kept: vector stores of one's own. Throws 400 for what is not there. */
export async function keepResources(
  parts: AssistantParts,
  visitor: Visitor,
  wanted: ToolResources,
): Promise<KeptResources> {
  if (wanted.code_interpreter?.file_ids?.length) {
    refuseCodeInterpreter([{ type: 'code_interpreter' }], 'tool_resources.code_interpreter');
  }
  if (!wanted.file_search) return {};
  const ids = [...(wanted.file_search.vector_store_ids ?? [])];
  for (const id of ids) {
    if (await findVectorStore(parts.database.read, { id, userId: visitor.id })) continue;
    throw refuseField(
      'tool_resources.file_search.vector_store_ids',
      `Vector store with id '${id.slice(0, 100)}' not found.`,
    );
  }
  return { file_search: { vector_store_ids: ids } };
}
