import { z } from 'zod';

/**
 * What Assistants v2 takes: https://platform.openai.com/docs/api-reference/assistants (ended there on 2026-08-26).
 * Answers are made in server/assistants/show-*.ts; unknown fields are ignored.
 */

export const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'takes at most 16 pairs' });

const functionTool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string().regex(/^[\w-]{1,64}$/, { message: 'takes 1 to 64 letters, digits, _ and -' }),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});

const rankingOptions = z.object({
  ranker: z.string().optional(),
  score_threshold: z.number().min(0).max(1).default(0),
});

const fileSearchTool = z.object({
  type: z.literal('file_search'),
  file_search: z
    .object({
      max_num_results: z.int().min(1).max(50).optional(),
      ranking_options: rankingOptions.optional(),
    })
    .optional(),
});

export const tool = z.discriminatedUnion('type', [
  functionTool,
  fileSearchTool,
  z.object({ type: z.literal('code_interpreter') }),
]);
export type Tool = z.infer<typeof tool>;

const tools = z.array(tool).max(128);

export const responseFormat = z.union([
  z.literal('auto'),
  z.object({ type: z.enum(['text', 'json_object']) }),
  z.object({ type: z.literal('json_schema'), json_schema: z.looseObject({ name: z.string() }) }),
]);

export const chunkingStrategy = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto') }),
  z.object({
    type: z.literal('static'),
    static: z
      .object({
        max_chunk_size_tokens: z.int().min(100).max(4096),
        chunk_overlap_tokens: z.int().min(0),
      })
      .refine((sizes) => sizes.chunk_overlap_tokens <= sizes.max_chunk_size_tokens / 2, {
        message: 'chunk_overlap_tokens takes at most half of max_chunk_size_tokens',
      }),
  }),
]);

const fileIds = z.array(z.string()).max(10_000);

export const toolResources = z.object({
  code_interpreter: z.object({ file_ids: z.array(z.string()).max(20).optional() }).optional(),
  file_search: z
    .object({
      vector_store_ids: z.array(z.string()).max(1).optional(),
      vector_stores: z
        .array(
          z.object({
            file_ids: fileIds.optional(),
            metadata: metadata.nullish(),
            chunking_strategy: chunkingStrategy.optional(),
          }),
        )
        .max(1)
        .optional(),
    })
    .optional(),
});
export type ToolResources = z.infer<typeof toolResources>;

const sampling = {
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  response_format: responseFormat.nullish(),
  reasoning_effort: z.string().max(20).nullish(),
};

const model = z.string().min(1).max(300);

export const assistantBody = z.object({
  model,
  name: z.string().max(256).nullish(),
  description: z.string().max(512).nullish(),
  instructions: z.string().max(256_000).nullish(),
  tools: tools.nullish(),
  tool_resources: toolResources.nullish(),
  metadata: metadata.nullish(),
  ...sampling,
});
export const assistantChange = assistantBody.partial();

const contentPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().min(1).max(256_000) }),
  z.object({
    type: z.literal('image_url'),
    image_url: z.object({ url: z.string().max(20_000_000), detail: z.enum(['auto', 'low', 'high']).optional() }),
  }),
  z.object({
    type: z.literal('image_file'),
    image_file: z.object({ file_id: z.string(), detail: z.enum(['auto', 'low', 'high']).optional() }),
  }),
]);
export type ContentPart = z.infer<typeof contentPart>;

export const messageBody = z.object({
  role: z.enum(['user', 'assistant']),
  content: z.union([z.string().min(1).max(256_000), z.array(contentPart).min(1).max(100)]),
  attachments: z
    .array(
      z.object({
        file_id: z.string(),
        tools: z.array(z.object({ type: z.enum(['file_search', 'code_interpreter']) })).optional(),
      }),
    )
    .max(100)
    .nullish(),
  metadata: metadata.nullish(),
});
export type MessageBody = z.infer<typeof messageBody>;

export const metadataChange = z.object({ metadata: metadata.nullish() });

export const threadBody = z.object({
  messages: z.array(messageBody).max(10_000).nullish(),
  metadata: metadata.nullish(),
  tool_resources: toolResources.nullish(),
});
export const threadChange = threadBody.omit({ messages: true });

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
  z.object({ type: z.enum(['file_search', 'code_interpreter']) }),
]);

const runFields = {
  assistant_id: z.string(),
  model: model.nullish(),
  instructions: z.string().max(256_000).nullish(),
  tools: tools.nullish(),
  metadata: metadata.nullish(),
  max_prompt_tokens: z.int().min(256).nullish(),
  max_completion_tokens: z.int().min(256).nullish(),
  truncation_strategy: z
    .object({ type: z.enum(['auto', 'last_messages']), last_messages: z.int().min(1).nullish() })
    .refine((strategy) => strategy.type === 'auto' || typeof strategy.last_messages === 'number', {
      message: 'last_messages is needed with the type last_messages',
    })
    .nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  ...sampling,
};

export const runBody = z.object({
  ...runFields,
  additional_instructions: z.string().max(256_000).nullish(),
  additional_messages: z.array(messageBody).max(1_000).nullish(),
});
export type RunBody = z.infer<typeof runBody>;

export const threadRunBody = z.object({
  ...runFields,
  thread: threadBody.nullish(),
  tool_resources: toolResources.nullish(),
});

export const toolOutputsBody = z.object({
  tool_outputs: z.array(
    z.object({
      tool_call_id: z.string(),
      output: z
        .string()
        .max(512 * 1024)
        .default(''),
    }),
  ),
  stream: z.boolean().nullish(),
});

/** The query of every list. */
export const cursorQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('desc'),
  after: z.string().optional(),
  before: z.string().optional(),
});
export type CursorQuery = z.infer<typeof cursorQuery>;

const attributes = z
  .record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean()]))
  .refine((pairs) => Object.keys(pairs).length <= 16, { message: 'takes at most 16 pairs' });

const expiresAfter = z.object({ anchor: z.literal('last_active_at'), days: z.int().min(1).max(365) });

export const vectorStoreBody = z.object({
  name: z.string().max(256).nullish(),
  file_ids: z.array(z.string()).max(500).nullish(),
  expires_after: expiresAfter.nullish(),
  chunking_strategy: chunkingStrategy.nullish(),
  metadata: metadata.nullish(),
});
export const vectorStoreChange = vectorStoreBody.pick({ name: true, expires_after: true, metadata: true });

export const vectorFileBody = z.object({
  file_id: z.string(),
  attributes: attributes.nullish(),
  chunking_strategy: chunkingStrategy.nullish(),
});
export const vectorFileChange = z.object({ attributes: attributes.nullable() });

export const vectorBatchBody = z
  .object({
    file_ids: z.array(z.string()).min(1).max(500).optional(),
    files: z.array(vectorFileBody).min(1).max(500).optional(),
    attributes: attributes.nullish(),
    chunking_strategy: chunkingStrategy.nullish(),
  })
  .refine((body) => (body.file_ids === undefined) !== (body.files === undefined), {
    message: 'takes either file_ids or files',
  });

export type Filter =
  | { type: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'in' | 'nin'; key: string; value: unknown }
  | { type: 'and' | 'or'; filters: Filter[] };

const filter: z.ZodType<Filter> = z.lazy(() =>
  z.union([
    z.object({
      type: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin']),
      key: z.string(),
      value: z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
    }),
    z.object({ type: z.enum(['and', 'or']), filters: z.array(filter).max(50) }),
  ]),
);

export const vectorSearchBody = z.object({
  query: z.union([z.string().min(1).max(4_096), z.array(z.string().min(1).max(4_096)).min(1).max(10)]),
  max_num_results: z.int().min(1).max(50).default(10),
  filters: filter.optional(),
  ranking_options: rankingOptions.optional(),
});

export const vectorFileFilter = z.object({
  filter: z.enum(['in_progress', 'completed', 'failed', 'cancelled']).optional(),
});
