import type { z } from 'zod';
import type { assistantBody, Tool } from '#contracts/assistants.ts';
import { toSeconds } from './ids.ts';

/** Vector stores that a tool reads, once they have been made. */
export interface KeptResources {
  file_search?: { vector_store_ids?: string[] };
}

/** What is kept of an assistant; null where the wire's default counts. */
export interface AssistantDocument {
  model: string;
  name: string | null;
  description: string | null;
  instructions: string | null;
  tools: Tool[];
  tool_resources: KeptResources;
  metadata: Record<string, string>;
  temperature: number | null;
  top_p: number | null;
  response_format: unknown;
  reasoning_effort: string | null;
}

type Body = Partial<z.infer<typeof assistantBody>>;

/** The fields that a body sets, less the vector stores that it may want made. */
export function documentOf(body: Body): Partial<Omit<AssistantDocument, 'tool_resources'>> {
  const { tools, metadata, tool_resources: _made, ...plain } = body;
  return {
    ...plain,
    ...(tools === undefined ? {} : { tools: tools ?? [] }),
    ...(metadata === undefined ? {} : { metadata: metadata ?? {} }),
  };
}

export const emptyDocument: Omit<AssistantDocument, 'model'> = {
  name: null,
  description: null,
  instructions: null,
  tools: [],
  tool_resources: {},
  metadata: {},
  temperature: null,
  top_p: null,
  response_format: null,
  reasoning_effort: null,
};

/** An assistant as the wire has it: 13 fields, and the effort of reasoning where it was chosen. */
export function showAssistant(row: { public_id: string; document: string; created_at: number }) {
  const document = JSON.parse(row.document) as AssistantDocument;
  return {
    id: row.public_id,
    object: 'assistant',
    created_at: toSeconds(row.created_at),
    name: document.name,
    description: document.description,
    model: document.model,
    instructions: document.instructions,
    tools: document.tools,
    top_p: document.top_p ?? 1,
    temperature: document.temperature ?? 1,
    ...(document.reasoning_effort === null ? {} : { reasoning_effort: document.reasoning_effort }),
    tool_resources: document.tool_resources,
    metadata: document.metadata,
    response_format: document.response_format ?? 'auto',
  };
}
