import type { Trx } from '../db/schema.ts';

export interface Progress {
  /** Of the reservation. */
  id: number;
  promptTokens: number;
  completionTokens: number;
}

/** Notes how far streams have come, so that a crash knows what their readers have seen. */
export async function noteProgress(trx: Trx, args: { calls: Progress[]; now: number }): Promise<void> {
  for (const call of args.calls) {
    await trx
      .updateTable('ledger')
      .set({ begun_at: args.now, prompt_tokens: call.promptTokens, completion_tokens: call.completionTokens })
      .where('id', '=', call.id)
      .where('state', '=', 'reserved')
      .execute();
  }
}
