import type { Db } from '../db/schema.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import { readFileContent } from './files.store.ts';
import { readNewest, type KeptPart, type ThreadMessage } from './messages.store.ts';
import type { RunDocument } from './run-document.ts';
import type { KeptToolCall } from './run-state.store.ts';
import { readSteps, type RunRow } from './runs.store.ts';
import { CITING, FILE_SEARCH, showResults, type SearchResult } from './search-tool.ts';

/** A message as `chat/completions` takes it. */
export type AskedMessage = { role: 'system' | 'user' | 'assistant' | 'tool'; content: unknown } & Record<
  string,
  unknown
>;

/** Messages that are read of a thread at most: more do not fit into any model. */
const MOST_MESSAGES = 5_000;
/** What frames a message, in tokens. */
const AROUND_MESSAGE = 4;
/** A picture of usual size at high detail, in tokens. */
const TOKENS_OF_IMAGE = 1_100;

/** What a run asks. `undefined`: even its newest message has more tokens than `budget`. */
export async function readConversation(
  db: Db,
  run: RunRow,
  document: RunDocument,
  budget: number,
): Promise<AskedMessage[] | undefined> {
  const { truncation_strategy: truncation } = document;
  const searches = document.tools.some(({ type }) => type === 'file_search');
  const instructions = [document.instructions, searches ? CITING : ''].filter(Boolean).join('\n\n');
  const fixed: AskedMessage[] = instructions === '' ? [] : [{ role: 'system', content: instructions }];
  const limit = Math.min(truncation.last_messages ?? MOST_MESSAGES, MOST_MESSAGES);
  const newest = await readNewest(db, { sessionId: run.session_id, limit, exceptRun: run.public_id });
  const steps = await readOwnSteps(db, run);
  const sizes = newest.map(sizeOf);
  let total = sum([...fixed, ...steps].map((message) => estimateTokens(JSON.stringify(message))));
  if (steps.length === 0 && newest.length > 0 && total + sizes.at(-1)! > budget) return undefined;
  let from = newest.length;
  while (from > 0 && total + sizes[from - 1]! <= budget) {
    from -= 1;
    total += sizes[from]!;
  }
  const history: AskedMessage[] = [];
  for (const message of newest.slice(from)) history.push(await askedOf(db, message));
  return [...fixed, ...history, ...steps];
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function sizeOf({ text, content }: ThreadMessage): number {
  const images =
    content === null ? 0 : (JSON.parse(content) as KeptPart[]).filter(({ type }) => type !== 'text').length;
  return AROUND_MESSAGE + estimateTokens(text) + images * TOKENS_OF_IMAGE;
}

async function askedOf(db: Db, { role, text, content }: ThreadMessage): Promise<AskedMessage> {
  const parts = content === null ? [] : (JSON.parse(content) as KeptPart[]);
  if (role === 'assistant' || parts.every(({ type }) => type === 'text')) return { role, content: text };
  const asked: object[] = [];
  for (const part of parts) {
    if (part.type === 'text') asked.push({ type: 'text', text: part.text.value });
    else if (part.type === 'image_url') asked.push(part);
    else asked.push(await pictureOf(db, part.image_file));
  }
  return { role, content: asked };
}

const imageTypes: readonly [bytes: number[], type: string][] = [
  [[0x89, 0x50, 0x4e, 0x47], 'image/png'],
  [[0xff, 0xd8, 0xff], 'image/jpeg'],
  [[0x47, 0x49, 0x46], 'image/gif'],
  [[0x52, 0x49, 0x46, 0x46], 'image/webp'],
];

type ImageFile = Extract<KeptPart, { type: 'image_file' }>['image_file'];

async function pictureOf(db: Db, { file_id: fileId, detail }: ImageFile): Promise<object> {
  const bytes = await readFileContent(db, fileId);
  if (!bytes) return { type: 'text', text: '[A picture that has been deleted]' };
  const type = imageTypes.find(([start]) => start.every((byte, index) => bytes[index] === byte))?.[1] ?? 'image/png';
  const url = `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
  return { type: 'image_url', image_url: { url, ...(detail ? { detail } : {}) } };
}

/** What the run has done so far: its words, the tools it called and what they gave. */
async function readOwnSteps(db: Db, run: RunRow): Promise<AskedMessage[]> {
  const messages: AskedMessage[] = [];
  const said = await readNewest(db, { sessionId: run.session_id, limit: MOST_MESSAGES, ofRun: run.public_id });
  for (const step of await readSteps(db, run.id)) {
    const details = JSON.parse(step.details) as {
      message_creation?: { message_id: string };
      tool_calls?: KeptToolCall[];
    };
    const message = said.find(({ public_id: id }) => id === details.message_creation?.message_id);
    if (message) messages.push({ role: 'assistant', content: message.text });
    if (details.tool_calls) messages.push(...toolMessages(details.tool_calls));
  }
  return messages;
}

function toolMessages(calls: KeptToolCall[]): AskedMessage[] {
  const asked = calls.map(({ id, type, function: called, file_search: search }) => ({
    id,
    type: 'function',
    function:
      type === 'function'
        ? { name: called!.name, arguments: called!.arguments }
        : {
            name: FILE_SEARCH,
            arguments: JSON.stringify({ queries: (search as { queries?: string[] }).queries ?? [] }),
          },
  }));
  const answers = calls.map(({ id, type, function: called, file_search: search }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content:
      type === 'function'
        ? (called!.output ?? '')
        : showResults((search as { results?: SearchResult[] }).results ?? []),
  }));
  return [{ role: 'assistant', content: null, tool_calls: asked }, ...answers];
}
