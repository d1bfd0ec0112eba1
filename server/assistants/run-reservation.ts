import { highestCost } from '../spend/price.ts';
import type { ReserveArgs } from '../spend/spend.store.ts';
import type { AssistantParts, OwnCall } from './parts.ts';

interface Asker {
  userId: number;
  keyId: number | null;
  /** The slug of the bot that asks. */
  assistantId: string | null;
}

interface Asked {
  model: string;
  askedModel: string;
  units: 0 | 1;
  /** Somebody limits money or tokens; otherwise nobody has to know what it will come to. */
  limited: boolean;
  endpoint?: OwnCall['endpoint'];
}

/** Tokens that a call can have at most. */
interface Size {
  prompt: number;
  answer: number;
}

/** What the ledger reserves for a call of a run, or for the embeddings of its files. */
export async function reserveArgs(
  parts: AssistantParts,
  asker: Asker,
  asked: Asked,
  size: () => Size,
): Promise<ReserveArgs> {
  const { limits, instanceId, models, clock } = parts;
  const endpoint = asked.endpoint ?? 'chat/completions';
  const priceLists = await models.priceListsOf(endpoint, asked.model);
  const reserve: ReserveArgs = {
    userId: asker.userId,
    purpose: 'gateway',
    model: asked.model,
    askedModel: asked.askedModel,
    limits,
    instanceId,
    keyId: asker.keyId,
    endpoint: endpoint === 'embeddings' ? endpoint : 'threads/runs',
    bot: asker.assistantId,
    units: asked.units,
    priceList: priceLists[0]!,
  };
  if (!asked.limited) return reserve;
  const { prompt, answer } = size();
  const used = { inputTokens: prompt, outputTokens: answer };
  return { ...reserve, tokens: prompt + answer, cost: highestCost(priceLists, asked.model, used, clock()) };
}
