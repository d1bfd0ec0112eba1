import { sql } from 'kysely';
import { Problem } from '../errors.ts';
import type { Schema, Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import type { Quota, Reservation, SpendLimits } from '../spend/reservation.ts';
import { reserve } from '../spend/spend.store.ts';
import {
  askIntake,
  continueSession,
  editPrompt,
  regenerate,
  type AskedPrompt,
  type FoundPlace,
  type IntakeAnswer,
} from './place.store.ts';

/** How long an Idempotency-Key is remembered. */
const IDEMPOTENCY_MS = 86_400_000;

export interface IdempotencyClaim {
  /** Method and route pattern: one key is free again on another route. */
  route: string;
  key: string;
  bodyHash: string;
}

/** Where a turn goes. */
export type TurnPlace =
  /** A new session of a bot. */
  | { kind: 'opens'; botSlug: string; systemPrompt: string | null; title: string }
  /** After the last prompt of the branch that is shown. */
  | { kind: 'continues'; sessionId: number; systemPrompt: string | null }
  /** The first question of a guided session: all answers of its intake, the last of them given now or before. */
  | { kind: 'asks'; sessionId: number; answer: IntakeAnswer | null }
  /** Beside an earlier prompt, as a new branch. */
  | { kind: 'edits'; sessionId: number; promptId: number }
  /** Another answer to an earlier prompt. */
  | { kind: 'regenerates'; sessionId: number; promptId: number };

export interface BeginTurnArgs {
  userId: number;
  place: TurnPlace;
  /** The message; '' where the place has one already. */
  content: string;
  /** The model that was asked for; '' where the default will be. */
  model: string;
  generationId: string;
  instanceId: string;
  limits: SpendLimits;
  /** The API key that asks, and the tokens that it sets aside. */
  keyId: number | null;
  tokens: number;
  /** Nano-dollars that it can cost at most; null: nobody knows. */
  cost: number | null;
  idempotency: IdempotencyClaim | null;
  now: number;
}

export interface BegunTurn {
  promptId: number;
  sessionId: number;
  /** The message that is asked, and when it was written. */
  content: string;
  createdAt: number;
  reservation: Reservation;
  quota: Quota;
}

const newSession = statement<
  { userId: number; botSlug: string; title: string; systemPrompt: string | null; now: number },
  { id: number }
>((db, { userId, botSlug, title, systemPrompt, now }) =>
  db
    .insertInto('sessions')
    .columns([
      'user_id',
      'bot_id',
      'title',
      'status',
      'visibility',
      'system_prompt',
      'pinned',
      'intake',
      'created_at',
      'updated_at',
    ])
    .expression((from) =>
      from
        .selectFrom('bots')
        .select((row) => [
          row.cast<number>(row.val(userId), 'bigint').as('user_id'),
          'id',
          row.cast<string>(row.val(title), 'text').as('title'),
          sql.lit('open').as('status'),
          'default_visibility',
          row.cast<string>(row.val(systemPrompt), 'text').as('system_prompt'),
          sql.lit(0).as('pinned'),
          'intake',
          row.cast<number>(row.val(now), 'bigint').as('created_at'),
          row.cast<number>(row.val(now), 'bigint').as('updated_at'),
        ])
        .where('slug', '=', botSlug)
        .where('owner_id', 'is', null)
        .where('deleted_at', 'is', null),
    )
    .returning('id'),
);

const newPrompt = statement<
  { sessionId: number; userId: number; parentId: number | null; kind: string; content: string; now: number },
  { id: number }
>((db, prompt) =>
  db
    .insertInto('messages')
    .values({
      session_id: prompt.sessionId,
      user_id: prompt.userId,
      role: 'user',
      kind: prompt.kind as Schema['messages']['kind'],
      parent_id: prompt.parentId,
      content: prompt.content,
      status: 'running',
      asked: 1,
      chosen: 0,
      created_at: prompt.now,
      updated_at: prompt.now,
    })
    .returning('id'),
);

type NewGeneration = {
  id: string;
  promptId: number;
  sessionId: number;
  userId: number;
  reservationId: number;
  instanceId: string;
  free: number;
  now: number;
};

const newGeneration = statement<NewGeneration, never>(
  (db, generation) =>
    db.insertInto('generations').values({
      id: generation.id,
      prompt_id: generation.promptId,
      session_id: generation.sessionId,
      user_id: generation.userId,
      reservation_id: generation.reservationId,
      state: 'running',
      instance_id: generation.instanceId,
      stop_requested: 0,
      free: generation.free,
      created_at: generation.now,
    }) as never,
);

/**
 * Stores a message, takes its unit and opens its generation, in one transaction. With an Idempotency-Key
 * that was accepted before, it gives that generation's id and changes nothing.
 */
export async function beginTurn(trx: Trx, args: BeginTurnArgs): Promise<BegunTurn | { repeats: string }> {
  const { userId, now, place } = args;
  if (args.idempotency) {
    const repeats = await claimKey(trx, userId, args.idempotency, args.generationId, now);
    if (repeats !== undefined) return { repeats };
  }
  const found = place.kind === 'opens' ? undefined : await findPlace(trx, args, place);
  const free = found?.free ?? false;
  const { reservation, quota } = await reserve(trx, {
    userId,
    purpose: 'chat',
    model: args.model,
    limits: args.limits,
    instanceId: args.instanceId,
    keyId: args.keyId,
    tokens: args.tokens,
    cost: args.cost,
    units: free ? 0 : 1,
    bot: place.kind === 'opens' ? place.botSlug : (found?.bot ?? null),
  });
  const prompt = found?.prompt ?? (await storePrompt(trx, args, found));
  await newGeneration.all(trx, {
    id: args.generationId,
    promptId: prompt.id,
    sessionId: prompt.sessionId,
    userId,
    reservationId: reservation.id,
    instanceId: args.instanceId,
    free: free ? 1 : 0,
    now,
  });
  const { id: promptId, sessionId, content, createdAt } = prompt;
  return { promptId, sessionId, content, createdAt, reservation, quota };
}

function findPlace(trx: Trx, args: BeginTurnArgs, place: Exclude<TurnPlace, { kind: 'opens' }>): Promise<FoundPlace> {
  const { userId, content, now } = args;
  switch (place.kind) {
    case 'continues':
      return continueSession(trx, { ...place, userId, now });
    case 'asks':
      return askIntake(trx, { ...place, userId, now });
    case 'edits':
      return editPrompt(trx, { ...place, userId, content, now });
    case 'regenerates':
      return regenerate(trx, { ...place, userId, now });
  }
}

/** Stores the message as a new prompt, in a new session where it has no place yet. */
async function storePrompt(trx: Trx, args: BeginTurnArgs, found: FoundPlace | undefined): Promise<AskedPrompt> {
  const { userId, place, content, now } = args;
  const sessionId = found?.sessionId ?? (await openSession(trx, args));
  const parentId = found?.parentId ?? null;
  const kind = found?.kind ?? 'question';
  const prompt = await newPrompt.first(trx, { sessionId, userId, parentId, kind, content, now });
  if (place.kind !== 'opens') {
    await trx.updateTable('sessions').set({ head_id: prompt!.id }).where('id', '=', sessionId).execute();
  }
  return { id: prompt!.id, sessionId, content, createdAt: now };
}

async function openSession(trx: Trx, { userId, place, now }: BeginTurnArgs): Promise<number> {
  if (place.kind !== 'opens') throw new Problem('internal');
  const { botSlug, title, systemPrompt } = place;
  const opened = await newSession.first(trx, { userId, botSlug, title, systemPrompt, now });
  if (!opened) throw new Problem('not_found', `There is no bot ${botSlug}.`);
  return opened.id;
}

/** Takes the key for a new generation, or gives the generation that has it. */
async function claimKey(
  trx: Trx,
  userId: number,
  claim: IdempotencyClaim,
  generationId: string,
  now: number,
): Promise<string | undefined> {
  const { route, key, bodyHash } = claim;
  await trx
    .deleteFrom('idempotency_keys')
    .where('user_id', '=', userId)
    .where('created_at', '<', now - IDEMPOTENCY_MS)
    .execute();
  const claimed = await trx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, route, key, body_hash: bodyHash, generation_id: generationId, created_at: now })
    .onConflict((conflict) => conflict.columns(['user_id', 'route', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst();
  if (claimed) return undefined;
  const first = await trx
    .selectFrom('idempotency_keys')
    .select(['body_hash', 'generation_id'])
    .where('user_id', '=', userId)
    .where('route', '=', route)
    .where('key', '=', key)
    .executeTakeFirst();
  // The first request has failed since the claim, and its key is free to be tried again.
  if (!first) throw new Problem('idempotency_running', undefined, { retryAfterS: 1 });
  if (first.body_hash !== bodyHash) throw new Problem('idempotency_mismatch');
  return first.generation_id;
}
