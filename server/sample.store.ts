import { record } from './audit/audit.store.ts';
import { createQuote } from './quotes/quotes.store.ts';
import type { Trx } from './db/schema.ts';

/** Lines of our own making: those of the drama are other people's words. */
const quotes = [
  ['준비한 겨울이 봄의 순위를 정합니다.', '단장', '새 시즌을 앞둔 회의'],
  ['숫자는 사람을 미워하지 않아요. 그래서 더 무섭죠.', '분석원', '트레이드를 말리는 자리'],
  ['지는 법을 아는 팀은 많아요. 고치는 법을 아는 팀이 드물죠.', '감독', '연패가 끝난 날'],
  ['약속은 계약서보다 먼저 쓰는 글입니다.', '운영팀장', '선수와 처음 만난 자리'],
  ['응원은 결과를 보고 고르는 게 아니에요.', '팬', '텅 빈 관중석 앞'],
  ['당신 편이라서 하는 말이 아니라, 맞는 말이라서 당신 편인 겁니다.', '팀장', '혼자 남은 사무실'],
] as const;

/** Fills an empty board with sample requests, two of them applied. Gives how many; none where the board has some. */
export async function addSamples(trx: Trx, args: { now: number }): Promise<number> {
  if (await trx.selectFrom('quotes').select('id').limit(1).executeTakeFirst()) return 0;
  const { now } = args;
  const { id: userId } = await trx
    .insertInto('users')
    .values({ nickname: '예시', role: 'member', created_at: now })
    .returning('id')
    .executeTakeFirstOrThrow();
  const ids: number[] = [];
  for (const [content, speaker, situation] of quotes) {
    ids.push(await createQuote(trx, { content, speaker, episode: null, situation, userId, now }));
  }
  await trx
    .updateTable('quotes')
    .set({ is_apply: 1, status: 'applied', applied_at: now })
    .where('id', 'in', ids.slice(0, 2))
    .execute();
  await record(trx, {
    at: now,
    actorId: null,
    subjectId: userId,
    action: 'board.sampled',
    detail: { quotes: ids.length },
  });
  return ids.length;
}
