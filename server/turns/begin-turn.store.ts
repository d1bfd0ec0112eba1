import { sql } from 'kysely';
import { invalidField, Problem } from '../errors.ts';
import type { Trx } from '../db/schema.ts';
import { statement } from '../db/statement.ts';
import type { Quota, Reservation, SpendLimits } from '../spend/reservation.ts';
import { reserve } from '../spend/spend.store.ts';

/** How long an Idempotency-Key is remembered. */
const IDEMPOTENCY_MS = 86_400_000;

export interface IdempotencyClaim {
  /** Method and route pattern: one key is free again on another route. */
  route: string;
  key: string;
  bodyHash: string;
}

export interface BeginTurnArgs {
  userId: number;
  content: string;
  /** The user's own session to go on with; undefined opens one of the bot `botSlug`. */
  sessionId: number | undefined;
  botSlug: string;
  systemPrompt: string | null;
  title: string;
  /** The model that was asked for; '' where the default will be. */
  model: string;
  generationId: string;
  instanceId: string;
  limits: SpendLimits;
  idempotency: IdempotencyClaim | null;
  now: number;
}

export interface BegunTurn {
  promptId: number;
  sessionId: number;
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
          row.cast<number>(row.val(now), 'bigint').as('created_at'),
          row.cast<number>(row.val(now), 'bigint').as('updated_at'),
        ])
        .where('slug', '=', botSlug),
    )
    .returning('id'),
);

const newPrompt = statement<
  { sessionId: number; userId: number; parentId: number | null; content: string; now: number },
  { id: number }
>((db, prompt) =>
  db
    .insertInto('messages')
    .values({
      session_id: prompt.sessionId,
      user_id: prompt.userId,
      role: 'user',
      kind: 'question',
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
      created_at: generation.now,
    }) as never,
);

/**
 * Stores a message, takes its unit and opens its generation, in one transaction. With an Idempotency-Key
 * that was accepted before, it gives that generation's id and changes nothing.
 */
export async function beginTurn(trx: Trx, args: BeginTurnArgs): Promise<BegunTurn | { repeats: string }> {
  const { userId, now } = args;
  if (args.idempotency) {
    const repeats = await claimKey(trx, userId, args.idempotency, args.generationId, now);
    if (repeats !== undefined) return { repeats };
  }
  const place = args.sessionId === undefined ? undefined : await continueSession(trx, args, args.sessionId);
  const { reservation, quota } = await reserve(trx, {
    userId,
    purpose: 'chat',
    model: args.model,
    limits: args.limits,
    instanceId: args.instanceId,
  });
  const { botSlug, title, systemPrompt } = args;
  const sessionId = args.sessionId ?? (await newSession.first(trx, { userId, botSlug, title, systemPrompt, now }))?.id;
  if (sessionId === undefined) throw new Problem('not_found', `There is no bot ${botSlug}.`);
  const parentId = place?.headId ?? null;
  const prompt = await newPrompt.first(trx, { sessionId, userId, parentId, content: args.content, now });
  const promptId = prompt!.id;
  if (place) await trx.updateTable('sessions').set({ head_id: promptId }).where('id', '=', sessionId).execute();
  await newGeneration.all(trx, {
    id: args.generationId,
    promptId,
    sessionId,
    userId,
    reservationId: reservation.id,
    instanceId: args.instanceId,
    now,
  });
  return { promptId, sessionId, reservation, quota };
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
    .executeTakeFirstOrThrow();
  if (first.body_hash !== bodyHash) throw new Problem('idempotency_mismatch');
  return first.generation_id;
}

/** The prompt that the next one follows; also marks the session as used. */
async function continueSession(trx: Trx, args: BeginTurnArgs, sessionId: number): Promise<{ headId: number | null }> {
  const session = await trx
    .updateTable('sessions')
    .set({ updated_at: args.now })
    .where('id', '=', sessionId)
    .where('user_id', '=', args.userId)
    .returning(['status', 'head_id', 'bot_id'])
    .executeTakeFirst();
  if (!session) throw new Problem('not_found');
  if (session.status !== 'open') throw new Problem('session_in_intake');
  if (args.systemPrompt !== null) await changeSystemPrompt(trx, sessionId, session.bot_id, args.systemPrompt);
  if (session.head_id !== null) return { headId: session.head_id };
  const last = await trx
    .selectFrom('messages')
    .select((row) => row.fn.max('id').as('id'))
    .where('session_id', '=', sessionId)
    .where('role', '=', 'user')
    .executeTakeFirst();
  return { headId: last?.id ?? null };
}

/** Only the free chat takes a system prompt of its user; other bots have their instructions. */
async function changeSystemPrompt(trx: Trx, sessionId: number, botId: number, systemPrompt: string): Promise<void> {
  const bot = await trx.selectFrom('bots').select('slug').where('id', '=', botId).executeTakeFirst();
  if (bot?.slug !== 'free') throw invalidField('system_prompt', 'can not be set in a session of this bot');
  await trx.updateTable('sessions').set({ system_prompt: systemPrompt }).where('id', '=', sessionId).execute();
}
