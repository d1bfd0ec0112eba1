import { sql } from 'kysely';
import type { Trx } from '../db/schema.ts';
import type { SettleArgs } from './settle.store.ts';

export interface Progress {
  /** Of the reservation. */
  id: number;
  /** What it would be settled with if it ended now: a `Settlement`, as JSON. */
  settlement: string;
}

/** What a call is settled with. */
export type Settlement = Omit<SettleArgs, 'reservationId' | 'now'>;

/** Notes how far calls have come, in one statement, so that a crash knows what their readers have seen. */
export async function noteProgress(trx: Trx, args: { calls: Progress[]; now: number }): Promise<void> {
  const rows = args.calls.map(({ id, settlement }) => sql`(cast(${id} as bigint), cast(${settlement} as text))`);
  // Both databases name the columns of `values` so.
  await sql`
    update ledger set begun_at = cast(${args.now} as bigint), details = note.column2
    from (values ${sql.join(rows)}) as note
    where ledger.id = note.column1 and ledger.state = ${sql.lit('reserved')}`.execute(trx);
}

/** What a call is to be settled with that nobody carries any more; null: nothing of it had come. */
export function settlementOfNote(note: { begun_at: number | null; details: string | null }): Settlement | null {
  if (note.begun_at === null || note.details === null) return null;
  return JSON.parse(note.details) as Settlement;
}
