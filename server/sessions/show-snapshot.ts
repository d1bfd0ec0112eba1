import type { Session } from '#contracts/sessions.ts';
import type { Snapshot, SnapshotRow, SnapshotTurn } from '#contracts/snapshots.ts';
import { Problem } from '../errors.ts';
import type { SnapshotDetails } from './snapshots.store.ts';

function toIso(instant: number): string {
  return new Date(instant).toISOString();
}

/** What a session shows now, as the turns of a copy. */
export function turnsOf(session: Session): SnapshotTurn[] {
  return session.prompts.map(({ kind, content, created_at, replies, chosen }) => {
    const reply = replies.find(({ id }) => id === chosen);
    return {
      kind,
      content,
      created_at,
      reply: reply ? { content: reply.content, model: reply.model, created_at: reply.created_at } : null,
    };
  });
}

function stateOf(row: SnapshotDetails, now: number): SnapshotRow['state'] {
  if (row.revoked_at !== null) return 'revoked';
  if (row.hidden_at !== null) return 'hidden';
  return row.expires_at !== null && row.expires_at <= now ? 'expired' : 'open';
}

/** The page as everybody may read it. Throws `not_found`, and `gone` once it has ended. */
export function openSnapshot(row: SnapshotDetails | undefined, now: number): SnapshotDetails {
  if (!row) throw new Problem('not_found');
  if (stateOf(row, now) !== 'open') throw new Problem('gone');
  return row;
}

function showFields(row: SnapshotDetails, publicUrl: string) {
  return {
    id: row.id,
    url: `${publicUrl}/s/${row.id}`,
    title: row.title,
    bot: row.bot,
    author: row.author,
    listed: row.listed === 1,
    created_at: toIso(row.created_at),
    updated_at: toIso(row.updated_at),
    expires_at: row.expires_at === null ? null : toIso(row.expires_at),
  };
}

export function showSnapshot(row: SnapshotDetails, publicUrl: string): Snapshot {
  return { ...showFields(row, publicUrl), turns: JSON.parse(row.content) };
}

const EXCERPT = 240;

export function excerptOf(turns: SnapshotTurn[]): string {
  return (turns[0]?.content ?? '').slice(0, EXCERPT).toWellFormed();
}

export function showSnapshotRow(row: SnapshotDetails, publicUrl: string, now: number): SnapshotRow {
  return { ...showFields(row, publicUrl), excerpt: excerptOf(JSON.parse(row.content)), state: stateOf(row, now) };
}
