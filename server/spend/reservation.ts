/**
 * A reservation is the only ticket to a model: `upstream.complete` asks for one, and only `reserve` in
 * spend.store.ts makes one. It lives in the ledger:
 *
 *   reserved ──settle──▶ settled     the answer counts: units and tokens stay
 *      └──────refund───▶ refunded    no visible token came: the unit goes back to the day it was taken from
 *
 * Both ends are reached by one statement that asks for the state `reserved`, so exactly one of them happens once.
 */
declare const madeBySpend: unique symbol;

export interface Reservation {
  readonly [madeBySpend]: true;
  /** The row of the ledger. */
  readonly id: number;
  readonly userId: number;
}

/** What a user may still ask today. `limit` null: unlimited. */
export interface Quota {
  limit: number | null;
  used: number;
  /** Milliseconds UTC. */
  resetsAt: number;
}

/** The server's limits, as the settings have them. */
export interface SpendLimits {
  /** −1: unlimited. */
  dailyRequests: number;
  zone: string;
  concurrent: number;
  /** Only the default of `concurrent` grows with a user's daily limit. */
  concurrentChosen: boolean;
  /** Nano-dollars that all users may spend in a month; null: no cap. */
  monthlyBudget?: number | null;
  /** Nano-dollars that are set aside for a call whose price nobody knows. */
  unknownPriceReserve?: number;
  /** Whose prices count where a reservation does not say. */
  priceList?: string;
}
