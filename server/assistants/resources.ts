import type { ToolResources } from '#contracts/assistants.ts';
import type { Visitor } from '../http/visitor.ts';
import type { AssistantParts } from './parts.ts';
import { usualChunking } from './chunk-text.ts';
import type { Attachment } from './messages.store.ts';
import { addToStore, chunkingOf, makeVectorStore } from './make-vector-store.ts';
import { refuseCodeInterpreter, refuseField } from './read-body.ts';
import type { KeptResources } from './show-assistant.ts';
import { findVectorStore } from './vector-stores.store.ts';

/** The resources of tools as they are kept: vector stores of one's own, made where they are wanted. Throws 400 for what is not there. */
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
  for (const store of wanted.file_search.vector_stores ?? []) {
    const made = await makeVectorStore(parts, visitor, {
      name: '',
      metadata: store.metadata ?? {},
      expiresDays: null,
      fileIds: store.file_ids ?? [],
      chunking: chunkingOf(store.chunking_strategy),
    });
    ids.push(made.public_id);
  }
  return { file_search: { vector_store_ids: ids } };
}

/** How long a store lives that was made for the attachments of a thread, in days after its last use. */
const ATTACHED_DAYS = 7;

/** Files that messages bring for `file_search` go into the store of their thread; it gets one where it has none. */
export async function keepAttachments(
  parts: AssistantParts,
  visitor: Visitor,
  resources: KeptResources,
  messages: { attachments: Attachment[] }[],
): Promise<KeptResources> {
  const attached = messages.flatMap(({ attachments }) => attachments);
  const wanted = attached.filter(({ tools }) => tools?.some(({ type }) => type === 'file_search'));
  const fileIds = [...new Set(wanted.map(({ file_id: id }) => id))];
  if (fileIds.length === 0) return resources;
  const [known] = resources.file_search?.vector_store_ids ?? [];
  const store = known && (await findVectorStore(parts.database.read, { id: known, userId: visitor.id }));
  if (store) {
    const files = fileIds.map((fileId) => ({ fileId, attributes: {}, chunking: usualChunking }));
    await addToStore(parts, visitor, store.id, files);
    return resources;
  }
  const wantedStore = { name: '', metadata: {}, expiresDays: ATTACHED_DAYS, fileIds, chunking: usualChunking };
  const made = await makeVectorStore(parts, visitor, wantedStore);
  return { file_search: { vector_store_ids: [made.public_id] } };
}
