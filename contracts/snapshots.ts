import { z } from 'zod';
import { pageOf, pageQuery } from './lists.ts';
import { promptKind } from './sessions.ts';
import { freeText, givenInstant, instant, longText, nameText, rowId } from './text.ts';

/** One question and the answer that was shown to it when the copy was made. */
export const snapshotTurn = z.object({
  kind: promptKind,
  content: z.string(),
  created_at: instant,
  reply: z.object({ content: z.string(), model: z.string().nullable(), created_at: instant }).nullable(),
});
export type SnapshotTurn = z.infer<typeof snapshotTurn>;

/** A published page: a copy of a session as it was, with nothing in it that leads to its author but a nickname. */
export const snapshot = z
  .object({
    id: z.string(),
    url: z.url(),
    title: z.string(),
    bot: z.string(),
    /** null: anonymous. */
    author: z.string().nullable(),
    listed: z.boolean(),
    turns: z.array(snapshotTurn),
    created_at: instant,
    updated_at: instant,
    expires_at: instant.nullable(),
  })
  .meta({ id: 'Snapshot' });
export type Snapshot = z.infer<typeof snapshot>;

export const snapshotRow = snapshot
  .omit({ turns: true })
  .extend({
    /** The beginning of its first message. */
    excerpt: z.string(),
    state: z.enum(['open', 'expired', 'revoked', 'hidden']),
  })
  .meta({ id: 'SnapshotRow' });
export type SnapshotRow = z.infer<typeof snapshotRow>;

export const snapshotPage = pageOf(snapshotRow).meta({ id: 'SnapshotPage' });

/** `bot`: the slug of the one that answered. */
export const snapshotQuery = pageQuery.extend({ bot: freeText.max(60).optional() });

/** What an administrator sees of a page. */
export const reportedSnapshotPage = pageOf(snapshotRow.extend({ reports: z.int(), reasons: z.array(z.string()) })).meta(
  { id: 'ReportedSnapshotPage' },
);

/** How a session is published. Everything left out stays as it is (at first: named, not listed, without end). */
export const snapshotBody = z.object({
  title: nameText(1, 200).optional(),
  anonymous: z.boolean().optional(),
  listed: z.boolean().optional(),
  expires_at: givenInstant.nullable().optional(),
});
export type SnapshotBody = z.infer<typeof snapshotBody>;

/** Whether a page is the reader's own, and the session that it was copied from while that is there. */
export const snapshotOwner = z.object({ mine: z.boolean(), session_id: rowId.nullable() });

export const reportBody = z.object({ reason: longText(1, 500) });
export const hideBody = z.object({ hidden: z.boolean() });
