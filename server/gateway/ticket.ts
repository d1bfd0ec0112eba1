import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/database.ts';
import { endCall, type EndCallArgs, type KeptAnswer } from './gateway.store.ts';

export interface TicketParts {
  database: Database;
  logger: FastifyBaseLogger;
  clock: () => number;
}

type Settlement = NonNullable<EndCallArgs['settle']>;

/** The reservation of one call. Whatever happens to the call, it is closed once, and closing is never forgotten. */
export class Ticket {
  readonly id: number;
  readonly #parts: TicketParts;
  #closing: Promise<void> | undefined;

  constructor(id: number, parts: TicketParts) {
    this.id = id;
    this.#parts = parts;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** The answer counts. */
  settle(settlement: Settlement, status: number, kept: KeptAnswer | null = null): Promise<void> {
    return (this.#closing ??= this.#end({ settle: settlement, status, kept }));
  }

  /** Nothing came: everything goes back. */
  refund(status: number | null): Promise<void> {
    return (this.#closing ??= this.#end({ settle: null, status, kept: null }));
  }

  /** Stores the end; while the database is away it goes on trying, and nobody waits for that. */
  async #end(end: Pick<EndCallArgs, 'settle' | 'status' | 'kept'>): Promise<void> {
    const { database, logger, clock } = this.#parts;
    const write = () => database.write(endCall, { ...end, reservationId: this.id, now: clock() });
    try {
      await write();
    } catch (error) {
      logger.error({ err: error, reservation: this.id }, 'the end of a call could not be stored');
      void retryLater(write);
    }
  }
}

/** For ten minutes; after that the next start finds the reservation open. */
async function retryLater(write: () => Promise<unknown>): Promise<void> {
  for (let wait = 200; wait < 300_000; wait *= 2) {
    await new Promise((resolve) => setTimeout(resolve, wait).unref());
    try {
      await write();
      return;
    } catch {
      // The first failure was logged.
    }
  }
}
