import type { Trx } from '#server/db/schema.ts';

/** Users, each with ten sessions, every tenth of them public. */
export async function addUsers(trx: Trx, { count }: { count: number }): Promise<void> {
  for (let user = 1; user <= count; user += 1) {
    const at = { created_at: user };
    await trx
      .insertInto('users')
      .values({ nickname: `user ${user}`, role: 'member', ...at })
      .execute();
    const sessions = Array.from({ length: 10 }, (_, index) => ({
      user_id: user,
      bot_id: 1,
      title: `session ${index}`,
      status: 'open' as const,
      visibility: index === 0 ? ('public' as const) : ('private' as const),
      pinned: 0,
      answered: 1,
      created_at: user,
      updated_at: user * 10 + index,
    }));
    await trx.insertInto('sessions').values(sessions).execute();
  }
}

/** Messages, all of them questions that were asked, each in a session of its user. */
export async function addMessages(trx: Trx, messages: { userId: number; content: string }[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 100) {
    const rows = messages.slice(from, from + 100).map(({ userId, content }, index) => ({
      session_id: (userId - 1) * 10 + 1 + ((from / 100 + index) % 10),
      user_id: userId,
      role: 'user' as const,
      kind: 'question' as const,
      content,
      status: 'done' as const,
      asked: 1,
      chosen: 0,
      created_at: 1,
      updated_at: 1,
    }));
    await trx.insertInto('messages').values(rows).execute();
  }
}
