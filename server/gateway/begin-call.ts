import { currentDay } from '../db/clock.ts';
import type { Database } from '../db/database.ts';
import { Problem } from '../errors.ts';
import type { Visitor } from '../http/visitor.ts';
import { noteExhausted } from '../spend/budget.store.ts';
import type { SpendLimits } from '../spend/reservation.ts';
import { limitHeaders } from './answer-headers.ts';
import { beginCall, type KeepClaim, type KeptAnswer } from './gateway.store.ts';
import { Ticket, type TicketParts } from './ticket.ts';

export interface BeginParts {
  database: Database;
  limits: SpendLimits;
  instanceId: string;
  clock: () => number;
  tickets: TicketParts;
}

/** What has to be known before the call because somebody limits money or tokens; otherwise nothing is counted. */
export interface Forecast {
  cost: number | null;
  tokens: number;
  /** The maximum that is added to a body without one. */
  added: number | undefined;
}

interface BeginArgs {
  endpoint: string;
  units: 0 | 1;
  model: string;
  askedModel: string;
  priceList: string;
  foreseen: Forecast | undefined;
  claim: KeepClaim | null;
}

/** Reserves a call; a refusal for lack of budget is noted for the alerts. */
export async function beginOrNote(
  parts: BeginParts,
  visitor: Visitor,
  args: BeginArgs,
): Promise<{ ticket: Ticket; headers: Record<string, string> } | { kept: KeptAnswer }> {
  const { database, limits, instanceId } = parts;
  const now = parts.clock();
  try {
    const begun = await database.write(beginCall, {
      now,
      keep: args.claim,
      reserve: {
        userId: visitor.id,
        purpose: 'gateway',
        model: args.model,
        askedModel: args.askedModel,
        limits,
        instanceId,
        keyId: visitor.key?.id ?? null,
        endpoint: args.endpoint,
        units: args.units,
        priceList: args.priceList,
        cost: args.foreseen?.cost ?? null,
        tokens: args.foreseen?.tokens ?? 0,
      },
    });
    if ('kept' in begun) return begun;
    const headers = args.units > 0 ? limitHeaders(begun.quota, begun.tokenRoom, now) : {};
    return { ticket: new Ticket(begun.reservation.id, parts.tickets), headers };
  } catch (error) {
    if (error instanceof Problem && error.code === 'budget_exhausted') await noteOnce(parts, visitor, now);
    throw error;
  }
}

const notedAt = new Map<number | undefined, number>();
const NOTE_AGAIN_MS = 60_000;

/** Leaves the notice that a budget is used up; a burst of refusals leaves one. */
async function noteOnce(parts: BeginParts, { id: userId, key }: Visitor, now: number): Promise<void> {
  if (now - (notedAt.get(key?.id) ?? 0) < NOTE_AGAIN_MS) return;
  notedAt.set(key?.id, now);
  const { database, limits } = parts;
  const { day } = await currentDay(database.read, limits.zone);
  await database.write(noteExhausted, {
    userId,
    keyId: key?.id ?? null,
    monthlyBudget: limits.monthlyBudget ?? null,
    month: day.slice(0, 7),
    now,
  });
}
