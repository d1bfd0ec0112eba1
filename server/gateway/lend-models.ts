import { isChatModel } from '../upstream/preferred-models.ts';
import type { Reservation } from '../spend/reservation.ts';
import type { GatewayParts } from './ask.ts';
import { chooseModel } from './choose-model.ts';
import { endpoints } from './endpoints.ts';
import { askForOwn } from './own-calls.ts';
import { estimatePrompt } from './prompt.ts';

/** Embeds best, of those that a provider lists: small and cheap first. As of 2026-11-21. */
const embeddingModels = ['text-embedding-3-small', 'text-embedding-3-large', 'text-embedding-ada-002'];

/** What the gateway lends to features that ask models for themselves. */
export function lendModels(parts: GatewayParts) {
  return {
    choose: async (asked: string) => (await chooseModel(parts, asked)).used,
    priceListsOf: async (endpoint: string, model: string) =>
      (await parts.findTargets(endpoint, model)).map(({ priceList }) => priceList),
    contextWindow: parts.catalogue.contextWindow,
    embeddingModel: async () => {
      const ids = (await parts.catalogue.list().catch(() => [])).map(({ id }) => id);
      return embeddingModels.find((id) => ids.includes(id)) ?? ids.find((id) => /embed/i.test(id) && !isChatModel(id));
    },
    ask: (reservation: Reservation, call: Parameters<typeof askForOwn>[2]) => askForOwn(parts, reservation, call),
    estimatePrompt: (body: object) => estimatePrompt(Buffer.from(JSON.stringify(body))),
    maxima: endpoints.chat.maxima,
  };
}
