import { createHash, randomBytes } from 'node:crypto';
import type { ChatBody } from '#contracts/chat.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { invalidField } from '../errors.ts';
import type { Quota, SpendLimits } from '../spend/reservation.ts';
import type { Catalogue } from '../upstream/catalogue.ts';
import type { ChatMessage, ChatRequest } from '../upstream/upstream.ts';
import { beginTurn, type BegunTurn, type IdempotencyClaim } from './begin-turn.store.ts';
import { readBranch, readSessionSetting } from './turn.store.ts';
import type { Generation } from './generation.ts';
import type { Generations } from './generations.ts';

export interface AskParts {
  config: Config;
  database: Database;
  generations: Generations;
  catalogue: Pick<Catalogue, 'resolve'>;
  limits: SpendLimits;
  instanceId: string;
  clock: () => number;
}

export interface Asker {
  id: number;
  /** The `Idempotency-Key` header, with the route it came to. */
  idempotency: { route: string; key: string } | null;
  /** The request itself waits for the answer, so that it can be refused with what the provider says. */
  waits: boolean;
}

export type Asked = { generation: Generation; quota: Quota; content: string; createdAt: number } | { repeats: string };

const graphemes = new Intl.Segmenter();
const TITLE_LENGTH = 40;

/** A title until there is a better one: the beginning of the first message, never cut inside a character. */
export function titleOf(content: string): string {
  const line = content.slice(0, 1_000).trim().replace(/\s+/g, ' ');
  if (line.length <= TITLE_LENGTH) return line;
  let end = 0;
  let count = 0;
  for (const { segment } of graphemes.segment(line)) {
    if (count === TITLE_LENGTH) break;
    count += 1;
    end += segment.length;
  }
  return end < line.length ? `${line.slice(0, end)}…` : line;
}

/** Reads an `Idempotency-Key` header: 1–255 visible ASCII characters. */
export function readIdempotencyKey(header: string | string[] | undefined, route: string): Asker['idempotency'] {
  if (header === undefined) return null;
  const key = String(header);
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalidField('Idempotency-Key', 'takes 1 to 255 visible ASCII characters');
  return { route, key };
}

function claimOf(asker: Asker, body: ChatBody): IdempotencyClaim | null {
  if (!asker.idempotency) return null;
  const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  return { ...asker.idempotency, bodyHash };
}

/** Stores the message, takes its unit and starts the answer; or finds what the same key has started. */
export async function ask(parts: AskParts, asker: Asker, body: ChatBody): Promise<Asked> {
  const { database, config } = parts;
  const content = (body.content ?? body.message)!;
  const now = parts.clock();
  const id = randomBytes(16).toString('base64url');
  const begun = await database.write(beginTurn, {
    userId: asker.id,
    content,
    sessionId: body.session_id,
    botSlug: 'free',
    systemPrompt: body.system_prompt ?? null,
    title: titleOf(content),
    model: body.model ?? '',
    generationId: id,
    instanceId: parts.instanceId,
    limits: parts.limits,
    idempotency: claimOf(asker, body),
    now,
  });
  if ('repeats' in begun) return begun;
  const { promptId, sessionId, reservation, quota } = begun;
  const request = () => buildRequest(parts, begun, body, content, config);
  const generation = parts.generations.start({
    id,
    promptId,
    sessionId,
    userId: asker.id,
    reservation,
    request,
    forgetsRefused: asker.waits,
  });
  return { generation, quota, content, createdAt: now };
}

async function buildRequest(
  parts: AskParts,
  turn: BegunTurn,
  body: ChatBody,
  content: string,
  config: Config,
): Promise<ChatRequest> {
  const setting = await readSessionSetting(parts.database.read, turn.sessionId);
  const system = [setting?.instructions, setting?.system_prompt].filter(Boolean).join('\n\n');
  const earlier =
    body.session_id === undefined ? (body.conversation_history ?? []) : await readBranch(parts.database.read, turn);
  const messages: ChatMessage[] = [...earlier, { role: 'user', content }];
  if (system) messages.unshift({ role: 'system', content: system });
  return {
    model: await parts.catalogue.resolve(body.model ?? setting?.model ?? undefined),
    messages,
    temperature: body.temperature ?? setting?.temperature ?? config.DEFAULT_TEMPERATURE,
    maxTokens: body.max_tokens ?? setting?.max_tokens ?? config.DEFAULT_MAX_TOKENS,
  };
}
