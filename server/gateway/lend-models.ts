import { isChatModel } from '../upstream/preferred-models.ts';
import type { Reservation } from '../spend/reservation.ts';
import type { GatewayParts } from './ask.ts';
import { chooseModel } from './choose-model.ts';
import { endpoints } from './endpoints.ts';
import { askForOwn } from './own-calls.ts';
import { countPrompt, estimatePrompt } from './prompt.ts';
import { runningAnswer } from './settlement.ts';

/** Embeds best, of those that a provider lists: small and cheap first. As of 2026-11-21. */
const embeddingModels = ['text-embedding-3-small', 'text-embedding-3-large', 'text-embedding-ada-002'];

/** An answer that a feature has asked for by itself, while it comes. */
interface OwnAnswer {
  /** Everything the model has said so far. */
  readonly said: string;
  /** '' where the answer did not say. */
  readonly model: string;
}

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
    /** Notes from now on how far an answer has come, for the case that this process is killed. */
    note: ({ id }: Reservation, asked: { model: string; body: object; priceList: string }, answer: OwnAnswer) => {
      const body = Buffer.from(JSON.stringify(asked.body));
      const reader = {
        usage: undefined,
        tier: '',
        get text() {
          return answer.said;
        },
        get model() {
          return answer.model;
        },
      };
      const cost = {
        model: asked.model,
        estimatePrompt: () => estimatePrompt(body),
        countPrompt: () => countPrompt(body),
      };
      parts.progress.begin(id, runningAnswer(cost, { reader, target: asked }));
    },
    /** The answer has ended, or is not asked for any more. */
    forget: ({ id }: Reservation) => parts.progress.forget(id),
    estimatePrompt: (body: object) => estimatePrompt(Buffer.from(JSON.stringify(body))),
    maxima: endpoints.chat.maxima,
  };
}
