import { sql } from 'kysely';
import type { Db } from '../db/schema.ts';

/** What a turn is going to be made of, before it is stored. */
export interface TurnForecast {
  /** The model and the longest answer that its bot sets. */
  model: string | null;
  maxTokens: number | null;
  /** Characters that come before the message: instructions and conversation. */
  characters: number;
}

/** Reads how long a turn may get: in an own session, or as the first of a new one of a bot. */
export async function readTurnForecast(
  db: Db,
  place: { userId: number; sessionId: number } | { botSlug: string },
): Promise<TurnForecast> {
  if ('botSlug' in place) {
    const bot = await db
      .selectFrom('bots')
      .select(['model', 'max_tokens', sql<number>`length(instructions)`.as('characters')])
      .where('slug', '=', place.botSlug)
      .executeTakeFirst();
    return { model: bot?.model ?? null, maxTokens: bot?.max_tokens ?? null, characters: bot?.characters ?? 0 };
  }
  const session = await db
    .selectFrom('sessions')
    .innerJoin('bots', 'bots.id', 'sessions.bot_id')
    .select(['bots.model', 'bots.max_tokens', sql<number>`length(bots.instructions)`.as('characters')])
    .where('sessions.id', '=', place.sessionId)
    .where('sessions.user_id', '=', place.userId)
    .executeTakeFirst();
  const said = await db
    .selectFrom('messages')
    .select(sql<number>`coalesce(sum(length(content)), 0)`.as('characters'))
    .where('session_id', '=', place.sessionId)
    .executeTakeFirstOrThrow();
  return {
    model: session?.model ?? null,
    maxTokens: session?.max_tokens ?? null,
    characters: (session?.characters ?? 0) + said.characters,
  };
}
