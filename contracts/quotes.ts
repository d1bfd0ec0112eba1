import { z } from 'zod';
import { link, pageOf, pageQuery } from './lists.ts';
import { freeText, instant, longText, nameText, rowId } from './text.ts';

export const quoteStatus = z.enum(['requested', 'planned', 'applied', 'declined']);
export type QuoteStatus = z.infer<typeof quoteStatus>;

/** A line that somebody asks for. */
export const quote = z
  .object({
    id: rowId,
    user: z.string(),
    content: z.string(),
    speaker: z.string().nullable(),
    episode: z.string().nullable(),
    situation: z.string().nullable(),
    is_apply: z.boolean(),
    status: quoteStatus,
    votes: z.int(),
    /** Whether the reader has voted for it. */
    voted: z.boolean(),
    mine: z.boolean(),
    /** What an administrator says about it. */
    reply: z.string().nullable(),
    /** The quote that this one was found to be the same as. */
    merged_into: rowId.nullable(),
    created_at: instant,
    updated_at: instant,
    applied_at: instant.nullable(),
    links: z.array(link),
  })
  .meta({ id: 'Quote' });
export type Quote = z.infer<typeof quote>;

export const quotePage = pageOf(quote).meta({ id: 'QuotePage' });

const content = longText(1, 1_000);
const detail = nameText(1, 100).nullable();
const situation = nameText(1, 300).nullable();

export const newQuote = z.object({
  content,
  speaker: detail.optional(),
  episode: detail.optional(),
  situation: situation.optional(),
});

/** `is_apply`, `status` and `reply` are an administrator's to set. */
export const quoteChange = newQuote.partial().extend({
  is_apply: z.boolean().optional(),
  status: quoteStatus.optional(),
  reply: longText(0, 2_000).nullable().optional(),
});

const yesOrNo = z.enum(['true', 'false']);

export const quoteQuery = pageQuery.extend({
  is_apply: yesOrNo.optional(),
  status: quoteStatus.optional(),
  mine: yesOrNo.optional(),
  /** Those that the reader has voted for. */
  voted: yesOrNo.optional(),
  q: freeText.max(200).optional(),
  sort: z.enum(['new', 'votes']).default('new'),
});

export const similarQuery = z.object({ content: freeText.max(1_000) });

export const similarQuotes = z
  .object({ results: z.array(quote.extend({ similarity: z.number() })), count: z.int() })
  .meta({ id: 'SimilarQuotes' });

export const quoteMerge = z.object({ into: rowId });

/** News about a quote for the person who asked for it. */
export const notice = z
  .object({
    id: rowId,
    kind: z.enum(['quote_status', 'quote_reply', 'quote_merged']),
    quote_id: rowId.nullable(),
    content: z.string(),
    status: quoteStatus.nullable(),
    reply: z.string().nullable(),
    created_at: instant,
    read: z.boolean(),
  })
  .meta({ id: 'Notice' });
export type Notice = z.infer<typeof notice>;

export const noticePage = pageOf(notice).extend({ unread: z.int() }).meta({ id: 'NoticePage' });
