import { createHash, randomBytes } from 'node:crypto';
import type { Citation } from '#contracts/chat.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import type { VisitingKey } from '../http/visitor.ts';
import { allowsModel } from '../spend/key-limits.store.ts';
import type { Quota, SpendLimits } from '../spend/reservation.ts';
import type { Catalogue } from '../upstream/catalogue.ts';
import type { Upstream } from '../upstream/create-upstream.ts';
import type { ChatMessage } from '../upstream/upstream.ts';
import { beginTurn, type BegunTurn, type IdempotencyClaim, type TurnPlace } from './begin-turn.store.ts';
import { arrange, fit, quotedData } from './conversation.ts';
import { forecastTurn } from './forecast.ts';
import type { Generation, PreparedRequest } from './generation.ts';
import type { Generations } from './generations.ts';
import { readBranch, readSessionSetting } from './turn.store.ts';

export interface AskParts {
  config: Config;
  database: Database;
  generations: Generations;
  catalogue: Pick<Catalogue, 'resolve' | 'contextWindow'>;
  findProviders: Upstream['find'];
  limits: SpendLimits;
  instanceId: string;
  clock: () => number;
  /** Applied quotes that fit a question, for the bots that read them. */
  findQuotes: (question: string) => Promise<Citation[]>;
}

export interface Asker {
  id: number;
  /** The API key that came, whose limits narrow its owner's. */
  key?: VisitingKey | undefined;
  /** The `Idempotency-Key` header, with the route it came to. */
  idempotency: { route: string; key: string } | null;
  /** The id of the request, for logs here and at the provider. */
  traceId?: string;
  /** The request itself waits for the answer, so that it can be refused with what the provider says. */
  waits: boolean;
}

/** A question on its way to a model. */
export interface Question {
  place: TurnPlace;
  /** The message; '' where the place has one. */
  content: string;
  /** What the Idempotency-Key stands for. */
  body: unknown;
  model?: string;
  temperature?: number;
  maxTokens?: number;
  /** Sent before the message of a new session, and not stored. */
  history?: ChatMessage[];
}

export interface StartedTurn {
  generation: Generation;
  quota: Quota;
  content: string;
  createdAt: number;
}

export type Asked = StartedTurn | { repeats: string };

/** Stores the message, takes its unit and starts the answer; or finds what the same key has started. */
export async function startTurn(parts: AskParts, asker: Asker, question: Question): Promise<Asked> {
  const id = randomBytes(16).toString('base64url');
  const over = parts.generations.expect(id);
  try {
    return await begin(parts, asker, question, id);
  } finally {
    over();
  }
}

async function begin(parts: AskParts, asker: Asker, question: Question, id: string): Promise<Asked> {
  const { place, content } = question;
  const foreseen = await forecastTurn(parts, asker, question);
  const begun = await parts.database.write(beginTurn, {
    userId: asker.id,
    place,
    content,
    model: foreseen?.model ?? question.model ?? '',
    generationId: id,
    instanceId: parts.instanceId,
    limits: parts.limits,
    keyId: asker.key?.id ?? null,
    cost: foreseen?.cost ?? null,
    tokens: foreseen?.tokens ?? 0,
    idempotency: claimOf(asker, question.body),
    now: parts.clock(),
  });
  if ('repeats' in begun) return begun;
  const { promptId, sessionId, reservation, quota } = begun;
  // What was stored before this request stays, whatever the provider says.
  const isNew = place.kind === 'opens' || place.kind === 'continues' || place.kind === 'edits';
  // A short first message is its own title.
  const isTitled = place.kind === 'regenerates' || (place.kind === 'opens' && place.title === content.trim());
  const generation = parts.generations.start({
    id,
    promptId,
    sessionId,
    userId: asker.id,
    reservation,
    request: () => buildRequest(parts, begun, question, asker),
    forgetsRefused: asker.waits && isNew,
    regenerates: place.kind === 'regenerates',
    names: parts.config.AUTO_TITLES === 'on' && !isTitled,
  });
  return { generation, quota, content: begun.content, createdAt: begun.createdAt };
}

function claimOf(asker: Asker, body: unknown): IdempotencyClaim | null {
  if (!asker.idempotency) return null;
  const bodyHash = createHash('sha256')
    .update(JSON.stringify(body) ?? '')
    .digest('base64url');
  return { ...asker.idempotency, bodyHash };
}

/** Taken for models whose window nobody knows. */
const USUAL_WINDOW = 128_000;

async function buildRequest(
  parts: AskParts,
  turn: BegunTurn,
  question: Question,
  { key, traceId }: Asker,
): Promise<PreparedRequest> {
  const { config, database, catalogue } = parts;
  const setting = await readSessionSetting(database.read, turn.sessionId);
  const model = await catalogue.resolve(question.model ?? setting?.model ?? undefined);
  if (key && !allowsModel(key.models, model)) {
    throw new Problem('model_not_allowed', `This API key does not take the model ${model}.`);
  }
  const maxTokens = question.maxTokens ?? setting?.max_tokens ?? config.DEFAULT_MAX_TOKENS;
  const system = [setting?.instructions, setting?.system_prompt].filter(Boolean).join('\n\n');
  const citations = setting?.reads_quotes === 1 ? await parts.findQuotes(turn.content) : null;
  const fixed: ChatMessage[] = system ? [{ role: 'system', content: system }] : [];
  if (citations && citations.length > 0) fixed.push(quotedData(citations));
  const { prompts, intake } = await readConversation(parts, turn, question);
  const window = (await catalogue.contextWindow(model)) ?? USUAL_WINDOW;
  // An answer may be as long as allowed, but never so long that nothing can be asked.
  const budget = window - Math.min(maxTokens, Math.floor(window / 2));
  const { messages, leftOut } = await fit({ fixed, ...arrange(prompts, JSON.parse(intake)) }, budget);
  const before = (question.history ?? []).map(({ role, content }) => ({ role, content }));
  messages.splice(fixed.length, 0, ...before);
  return {
    model,
    messages,
    temperature: question.temperature ?? setting?.temperature ?? config.DEFAULT_TEMPERATURE,
    maxTokens,
    leftOut,
    citations: citations && JSON.stringify(citations),
    ...(traceId === undefined ? {} : { traceId }),
  };
}

/** The first message of a new session has nothing before it to read. */
function readConversation(parts: AskParts, turn: BegunTurn, { place }: Question): ReturnType<typeof readBranch> {
  if (place.kind !== 'opens') return readBranch(parts.database.read, turn);
  const prompt = { id: turn.promptId, kind: 'question' as const, content: turn.content, reply: null };
  return Promise.resolve({ prompts: [prompt], intake: '[]' });
}
