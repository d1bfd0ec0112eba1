import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { assistantBody, messageBody } from '#contracts/assistants.ts';
import { StartError } from '../start-error.ts';
import { newId } from './ids.ts';
import type { KeptPart, NewMessage } from './messages.store.ts';
import type { AssistantExport } from './import.store.ts';
import { documentOf, emptyDocument } from './show-assistant.ts';

/** Objects as the provider's API gave them; of a message, what it had said. */
const seconds = z.number().transform((value) => value * 1_000);
const exportedAssistant = assistantBody
  .omit({ tool_resources: true })
  .extend({ object: z.literal('assistant'), id: z.string().max(100), created_at: seconds.optional() });
const exportedPart = z.looseObject({ type: z.string() });
const exportedMessage = z.object({
  object: z.literal('thread.message'),
  id: z.string().max(100).optional(),
  thread_id: z.string().optional(),
  role: messageBody.shape.role,
  content: z.union([z.string(), z.array(exportedPart)]),
  assistant_id: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  created_at: seconds.optional(),
});
const exportedThread = z.object({
  object: z.literal('thread'),
  id: z.string().max(100),
  created_at: seconds.optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  messages: z.unknown().optional(),
});

type Message = z.infer<typeof exportedMessage>;

/** Every object in a value: lists, pages and named groups are looked into, as they are nested. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (Array.isArray(value)) {
    for (const entry of value) yield* objectsIn(entry);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const fields = value as Record<string, unknown>;
  if (typeof fields.object === 'string' && fields.object !== 'list') yield fields;
  else for (const entry of Object.values(fields)) yield* objectsIn(entry);
}

function read<Schema extends z.ZodType>(schema: Schema, value: Record<string, unknown>): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StartError(`${String(value.object)} ${String(value.id)}: ${issue?.path.join('.')}: ${issue?.message}`);
}

function partOf(part: z.infer<typeof exportedPart>): KeptPart[] {
  const { text } = part;
  const value = typeof text === 'string' ? text : ((text as { value?: unknown } | undefined)?.value ?? '');
  if (part.type === 'text') return [{ type: 'text', text: { value: clean(String(value)), annotations: [] } }];
  // Pictures that were files stayed with the provider.
  return part.type === 'image_url' ? [part as KeptPart] : [];
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}

function messageOf(message: Message, now: number): NewMessage {
  const parts = typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
  return {
    id: message.id ?? newId('msg'),
    role: message.role,
    content: parts.flatMap(partOf),
    attachments: [],
    metadata: message.metadata ?? {},
    assistantId: message.assistant_id ?? null,
    runId: null,
    status: 'completed',
    now: message.created_at ?? now,
  };
}

/** Reads an export of the provider's API: assistants and threads with their messages, ids and times as they were. */
export function readExport(file: string, now: number): AssistantExport {
  const objects = [...objectsIn(readJson(file))];
  const of = (name: string) => objects.filter(({ object }) => object === name);
  const assistants = of('assistant').map((value) => {
    const { object: _object, id, created_at: madeAt = now, ...body } = read(exportedAssistant, value);
    const tools = (body.tools ?? []).filter(({ type }) => type !== 'code_interpreter');
    const document = { ...emptyDocument, model: body.model, ...documentOf({ ...body, tools }) };
    return { id, document, now: madeAt };
  });
  const loose = of('thread.message').map((value) => read(exportedMessage, value));
  const threads = of('thread').map((value) => {
    const thread = read(exportedThread, value);
    const nested = [...objectsIn(thread.messages)].map((message) => read(exportedMessage, message));
    const said = [...nested, ...loose.filter((message) => message.thread_id === thread.id)];
    // Lists come newest first, and times are whole seconds.
    const ordered = said.toReversed().toSorted((one, other) => (one.created_at ?? 0) - (other.created_at ?? 0));
    const messages = ordered.map((message) => messageOf(message, now));
    return { id: thread.id, metadata: thread.metadata ?? {}, messages, now: thread.created_at ?? now };
  });
  return { assistants, threads };
}

function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new StartError(`The file ${file} can not be read.`);
  }
  try {
    return JSON.parse(text);
  } catch {
    // One object a line, as exports of many often are.
    try {
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => JSON.parse(line) as unknown);
    } catch {
      throw new StartError(`The file ${file} holds no JSON.`);
    }
  }
}
