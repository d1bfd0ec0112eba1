import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { invalidField, Problem } from '../errors.ts';
import { visitorOf, type Identify, type Visitor } from '../http/visitor.ts';
import { highestCost } from '../spend/price.ts';
import type { Catalogue } from '../upstream/catalogue.ts';
import { TRACE_HEADER } from '../upstream/transport.ts';
import type { Aliases } from './aliases.ts';
import type { AnswerReader } from './answer-reader.ts';
import { beginOrNote, type BeginParts, type Forecast } from './begin-call.ts';
import { carryOut, type CallParts } from './call.ts';
import { chooseModel, type ChosenModel } from './choose-model.ts';
import type { Endpoint } from './endpoints.ts';
import type { KeepClaim, KeptAnswer } from './gateway.store.ts';
import { readMembers, readValue, setMembers, type JsonMembers } from './json-members.ts';
import { countPrompt, estimatePrompt } from './prompt.ts';
import { cacheKey, type CachedAnswer, type ResponseCache } from './response-cache.ts';
import type { FindTargets, Target } from './targets.ts';
import type { Ticket } from './ticket.ts';

export interface GatewayParts extends CallParts, BeginParts {
  config: Config;
  catalogue: Catalogue;
  aliases: Aliases;
  identify: Identify;
  cache: ResponseCache;
  findTargets: FindTargets;
}

/** What a JSON body asks for, as far as the gateway has to know. */
interface Asked {
  members: JsonMembers;
  stream: boolean;
  /** The client wants the usage event of a stream itself. */
  includeUsage: boolean;
  /** Tokens of the longest answer, where the body says. */
  maximum: number | undefined;
  /** Answers that are asked for at once. */
  answers: number;
}

const idempotencyKey = /^[\x21-\x7e]{1,255}$/;

/** Reads an `Idempotency-Key` header: 1–255 visible ASCII characters. */
function readClaim(request: FastifyRequest, route: string, body: Buffer): KeepClaim | null {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  const key = String(header);
  if (!idempotencyKey.test(key)) throw invalidField('Idempotency-Key', 'takes 1 to 255 visible ASCII characters');
  return { route: `POST /v1/${route}`, key, bodyHash: createHash('sha256').update(body).digest('base64url') };
}

function readCount(members: JsonMembers, name: string): number | undefined {
  const value = readValue(members, name);
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** The names that decide what a call costs and who may make it: spelt otherwise, some providers still take them. */
const guarded = new Set([
  'model',
  'stream',
  'stream_options',
  'n',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
]);

function refuseOtherSpellings(members: JsonMembers): void {
  for (const name of members.spans.keys()) {
    if (!guarded.has(name) && guarded.has(name.toLowerCase())) {
      throw new Problem('unreadable', `The body names ${JSON.stringify(name)}; it is written ${name.toLowerCase()}.`);
    }
  }
}

function readModel(members: JsonMembers): string | undefined {
  const model = readValue(members, 'model');
  if (model === undefined || model === null) return undefined;
  if (typeof model !== 'string' || model.length > 300 || model.includes('\u0000')) {
    throw invalidField('model', 'takes the name of a model');
  }
  return model.toWellFormed();
}

function readAsked(members: JsonMembers, endpoint: Endpoint, model: string): Asked {
  const options = readValue(members, 'stream_options') as { include_usage?: unknown } | null | undefined;
  const maxima = endpoint.maxima(model).flatMap((name) => readCount(members, name) ?? []);
  return {
    members,
    stream: readValue(members, 'stream') === true,
    includeUsage: options?.include_usage === true,
    maximum: maxima.length > 0 ? Math.max(...maxima) : undefined,
    answers: readCount(members, 'n') ?? 1,
  };
}

/** Speech comes as bytes without usage: what is known of it is how long the text was. */
function spokenCharacters(endpoint: Endpoint, members: JsonMembers): { characters: number } | undefined {
  // Moderating and counting are free, and name no usage.
  if (endpoint.units === 0) return { characters: 0 };
  if (endpoint.name !== 'audio/speech') return undefined;
  const text = readValue(members, 'input');
  return { characters: typeof text === 'string' ? text.length : 0 };
}

/** Searches that a request may make when it names no maximum of tool calls. */
const SEARCHES_FORESEEN = 10;

/** Searches of the web have a fee of their own: as many are set aside as the request allows. */
function searchesForeseen(members: JsonMembers): number {
  const tools = readValue(members, 'tools');
  const searches = Array.isArray(tools) && tools.some((tool) => String(tool?.type).startsWith('web_search'));
  return searches ? (readCount(members, 'max_tool_calls') ?? SEARCHES_FORESEEN) : 0;
}

function forecast(
  parts: GatewayParts,
  visitor: Visitor,
  endpoint: Endpoint,
  asked: Asked,
  model: string,
  targets: Target[],
): Forecast | undefined {
  const { key } = visitor;
  const limited = parts.limits.monthlyBudget != null || key?.monthlyBudget != null || key?.tokensPerMinute != null;
  if (!limited) return undefined;
  const takesMaximum = endpoint.maxima(model).length > 0;
  const added = takesMaximum && asked.maximum === undefined ? parts.config.GATEWAY_MAX_TOKENS : undefined;
  const written = endpoint.unbounded ? parts.config.GATEWAY_MAX_TOKENS : 0;
  const outputTokens = takesMaximum ? (asked.maximum ?? added ?? 0) * asked.answers : written;
  const inputTokens = estimatePrompt(asked.members.bytes);
  const characters = spokenCharacters(endpoint, asked.members)?.characters ?? 0;
  const webSearches = searchesForeseen(asked.members);
  const used = characters > 0 ? { characters } : { inputTokens, outputTokens, webSearches };
  const lists = targets.map(({ priceList }) => priceList);
  // Pictures are billed by what comes out, which nobody knows before.
  const unknown = endpoint.name.startsWith('images/');
  // Half the price of a slower tier is not counted on: the provider may serve it as usual.
  const tier = readValue(asked.members, 'service_tier') === 'priority' ? 'priority' : undefined;
  const cost = unknown ? null : highestCost(lists, model, used, parts.clock(), tier);
  return { cost, tokens: inputTokens + outputTokens, added };
}

/** The body as the provider gets it: by another model name, with a maximum, or with its usage asked for. */
function bodyFor(endpoint: Endpoint, asked: Asked, chosen: ChosenModel, added: number | undefined): Buffer {
  const values: Record<string, unknown> = {};
  if (chosen.asked !== chosen.used) values.model = chosen.used;
  if (chosen.asked?.startsWith('dall-e') && values.model && !asked.members.spans.has('response_format')) {
    // What dall-e gave without being asked.
    values.response_format = 'url';
  }
  if (added !== undefined) values[endpoint.maxima(chosen.used)[0]!] = added;
  if (endpoint.usageIsAsked && asked.stream && !asked.includeUsage) {
    const options = readValue(asked.members, 'stream_options');
    values.stream_options = { ...(typeof options === 'object' ? options : {}), include_usage: true };
  }
  return setMembers(asked.members, values);
}

/** Longest text of an answer without a maximum, and how much of it one token can be. */
const LONGEST_TEXT = 32 * 1024 * 1024;
const CHARACTERS_OF_TOKEN = 32;

export interface AskOptions {
  /** Called with the whole answer before its last byte goes out. */
  onWhole?: (answer: KeptAnswer, reader: AnswerReader, target: Target) => Promise<void>;
  /** Refuses a body, before anything is taken; gives the name of the one provider that can answer it. */
  check?: (members: JsonMembers) => Promise<string | undefined>;
}

/** Answers a POST with a JSON body: reserves, asks, hands the answer on, settles. */
export async function askJson(
  parts: GatewayParts,
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  options: AskOptions = {},
): Promise<void> {
  const visitor = visitorOf(request);
  const members = readMembers(request.body as Buffer | undefined, parts.config.JSON_DEPTH_LIMIT);
  refuseOtherSpellings(members);
  const bound = await options.check?.(members);
  const chosen = await chooseModel(parts, readModel(members));
  const found = await parts.findTargets(endpoint.name, chosen.used);
  const holder = found.find(({ name }) => name === bound);
  const targets = holder ? [holder] : found;
  if (targets.every((target) => target.kind === 'demo') && !endpoint.demo) {
    throw new Problem('not_supported', `The demo model does not serve ${endpoint.name}: set OPENAI_API_KEY for it.`);
  }
  const asked = readAsked(members, endpoint, chosen.used);
  const foreseen = forecast(parts, visitor, endpoint, asked, chosen.used, targets);
  const claim = endpoint.units > 0 ? readClaim(request, endpoint.name, members.bytes) : null;
  const begun = await beginOrNote(parts, visitor, {
    endpoint: endpoint.name,
    units: endpoint.units,
    model: chosen.used,
    priceList: targets[0]!.priceList,
    foreseen,
    claim,
    // A key's list of models names what clients ask for as well as what answers.
    askedModel: chosen.asked ?? chosen.used,
  });
  if ('kept' in begun) return sendKept(reply, begun.kept, { 'idempotent-replayed': 'true', ...chosen.headers });
  const { ticket, headers } = begun;
  const remembered = cacheKey(endpoint.name, members, chosen.used, request, visitor);
  const cached = remembered === undefined ? undefined : await parts.cache.get(remembered);
  if (cached) return answerFromCache(parts, endpoint, ticket, cached, reply, { ...headers, ...chosen.headers });
  const body = bodyFor(endpoint, asked, chosen, foreseen?.added);
  const maximum = asked.maximum ?? foreseen?.added;
  const end = await carryOut(
    {
      endpoint: endpoint.name,
      ticket,
      targets,
      model: chosen.used,
      request: () => ({
        method: 'POST',
        path: endpoint.name,
        headers: providerHeaders(request, 'application/json'),
        body,
      }),
      reader: (target) =>
        new endpoint.reader({
          secrets: target.transport.secrets,
          dropUsage: asked.stream && !asked.includeUsage,
          maxText: maximum ? Math.max(4_096, maximum * asked.answers * CHARACTERS_OF_TOKEN) : LONGEST_TEXT,
        }),
      estimatePrompt: () => estimatePrompt(members.bytes),
      countPrompt: () => countPrompt(members.bytes),
      counted: spokenCharacters(endpoint, members),
      streams: asked.stream,
      headers: { ...headers, ...chosen.headers },
      keepsCopy: claim !== null || remembered !== undefined,
      onWhole: async (answer, reader, target) => {
        await options.onWhole?.(answer, reader, target);
        if (remembered === undefined || !reader.begun || !reader.usage) return;
        void parts.cache.set(remembered, { ...answer, model: reader.model || chosen.used, usage: reader.usage });
      },
    },
    parts,
    reply,
  );
  request.spent = { model: end.model, tokens: end.inputTokens + end.outputTokens };
}

/** The same bytes as before: it takes its unit, costs nothing, and says what it is. */
async function answerFromCache(
  parts: GatewayParts,
  endpoint: Endpoint,
  ticket: Ticket,
  cached: CachedAnswer,
  reply: FastifyReply,
  headers: Record<string, string>,
): Promise<void> {
  const { model, usage } = cached;
  const { promptTokens, completionTokens } = usage;
  const settlement = { model, promptTokens, cachedTokens: 0, completionTokens, estimated: false, fromCache: true };
  await ticket.settle(settlement, 200, cached);
  const call = { endpoint: endpoint.name, asked: model, startedAt: Date.now() };
  parts.observe({ ...call, status: 200, model, inputTokens: 0, outputTokens: 0 });
  sendKept(reply, cached, { ...headers, 'x-daesa-cache': 'hit' });
}

function sendKept(reply: FastifyReply, { contentType, answer }: KeptAnswer, headers: Record<string, string>): void {
  void reply.headers(headers).header('cache-control', 'no-store').type(contentType).send(Buffer.from(answer, 'base64'));
}

/** What is handed on of a client's headers: neither credentials nor whose organisation it is. */
export function providerHeaders(request: FastifyRequest, contentType: string | undefined): string[] {
  const headers = ['accept', String(request.headers.accept ?? '*/*'), TRACE_HEADER, request.id];
  if (contentType !== undefined) headers.push('content-type', contentType);
  const beta = request.headers['openai-beta'];
  if (beta !== undefined) headers.push('openai-beta', String(beta));
  return headers;
}
