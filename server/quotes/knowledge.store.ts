import type { Citation } from '#contracts/chat.ts';
import type { Db } from '../db/schema.ts';
import { foldText, gramsOf } from '../search/grams.ts';
import { asksForLine, sharesWord, tellingWords } from './relevance.ts';
import { selectQuotes, type QuoteRow } from './quotes.store.ts';

/** Quotes that go with one question, at most; and those that go with one that names none. */
const MOST = 5;
const LATEST = 3;
/** The best hits of the index that are looked at word by word. */
const LOOKED_AT_QUOTES = 40;
/** The beginning of a question that is looked at, and its rarest grams. */
const LOOKED_AT = 600;
const RAREST = 40;

interface Hit {
  id: number;
  score: number;
  shared: number;
}

/** Quotes that share grams with a text, the best first: a gram that few quotes have says more. */
async function rank(db: Db, text: string, onlyApplied: boolean): Promise<Hit[]> {
  const grams = gramsOf(foldText(text.slice(0, LOOKED_AT)));
  if (grams.length === 0) return [];
  const shared = db
    .selectFrom('quote_grams')
    .innerJoin('quotes', 'quotes.id', 'quote_grams.quote_id')
    .where('quotes.merged_into', 'is', null)
    .$if(onlyApplied, (query) => query.where('quotes.is_apply', '=', 1));
  const known = await shared
    .select(['gram', (row) => row.fn.countAll<number>().as('count')])
    .where('gram', 'in', grams)
    .groupBy('gram')
    .orderBy('count')
    .limit(RAREST)
    .execute();
  if (known.length === 0) return [];
  const weights = new Map(known.map(({ gram, count }) => [gram, 1 / Math.log2(2 + count)]));
  const rows = await shared
    .select(['gram', 'quote_id'])
    .where('gram', 'in', [...weights.keys()])
    .execute();
  const hits = new Map<number, Hit>();
  for (const { gram, quote_id: id } of rows) {
    const hit = hits.get(id) ?? { id, score: 0, shared: 0 };
    hits.set(id, { id, score: hit.score + weights.get(gram)!, shared: hit.shared + 1 });
  }
  return [...hits.values()].toSorted((one, other) => other.score - one.score || other.id - one.id);
}

/** Applied quotes for a question: those that fit it. Who asks for a line and names none gets the ones applied last. */
export async function findKnowledge(db: Db, question: string): Promise<Citation[]> {
  const candidates = (await rank(db, question, true)).slice(0, LOOKED_AT_QUOTES).map(({ id }) => id);
  const rows = candidates.length === 0 ? [] : await applied(db).where('id', 'in', candidates).execute();
  const words = tellingWords(question.slice(0, LOOKED_AT));
  const fitting = candidates.flatMap((id) => rows.filter((row) => row.id === id && sharesWord(row.folded, words)));
  const chosen =
    fitting.length > 0 || !asksForLine(question)
      ? fitting.slice(0, MOST)
      : await applied(db).orderBy('applied_at', 'desc').orderBy('id', 'desc').limit(LATEST).execute();
  return chosen.map(({ folded: _folded, ...quote }) => quote);
}

function applied(db: Db) {
  return db
    .selectFrom('quotes')
    .select(['id', 'content', 'speaker', 'episode', 'situation', 'folded'])
    .where('is_apply', '=', 1)
    .where('merged_into', 'is', null);
}

const SIMILAR = 0.35;

/** Quotes that say about the same as `content`, with how much they have in common (0 to 1). */
export async function findSimilar(
  db: Db,
  args: { content: string; readerId: number },
): Promise<(QuoteRow & { similarity: number })[]> {
  const candidates = (await rank(db, args.content, false)).slice(0, 30).map(({ id }) => id);
  if (candidates.length === 0) return [];
  const rows = (await selectQuotes(db, args.readerId).where('quotes.id', 'in', candidates).execute()) as QuoteRow[];
  const own = new Set(gramsOf(foldText(args.content)));
  return rows
    .map((row) => ({ ...row, similarity: likeness(own, new Set(gramsOf(foldText(row.content)))) }))
    .filter(({ similarity }) => similarity >= SIMILAR)
    .toSorted((one, other) => other.similarity - one.similarity)
    .slice(0, MOST);
}

/** How much of the shorter one is in the longer one. */
function likeness(one: Set<number>, other: Set<number>): number {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  if (small.size === 0) return 0;
  return [...small].filter((gram) => large.has(gram)).length / small.size;
}
