import { highestCost } from '../spend/price.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import { readTurnForecast } from './forecast.store.ts';
import type { AskParts, Asker, Question } from './start-turn.ts';

/** What a turn can come to at most, for the budgets and limits that it has to fit. */
export interface Forecast {
  model: string;
  /** Nano-dollars; null: nobody knows the price. */
  cost: number | null;
  tokens: number;
}

/** Tokens of a character, rather too many than too few. */
const TOKENS_OF_CHARACTER = 0.6;

/** Known before the call only where somebody limits models, money or tokens; otherwise nothing is counted. */
export async function forecastTurn(parts: AskParts, asker: Asker, question: Question): Promise<Forecast | undefined> {
  const { limits, config, catalogue, findProviders, database, clock } = parts;
  if (limits.monthlyBudget == null && !asker.key) return undefined;
  const { place } = question;
  const where = place.kind === 'opens' ? { botSlug: place.botSlug } : { userId: asker.id, sessionId: place.sessionId };
  const foreseen = await readTurnForecast(database.read, where);
  const model = await catalogue.resolve(question.model ?? foreseen.model ?? undefined);
  const said = [question.content, ...(question.history ?? []).map(({ content }) => content)].join('\n');
  const inputTokens = estimateTokens(said) + Math.ceil(foreseen.characters * TOKENS_OF_CHARACTER) + 100;
  const outputTokens = question.maxTokens ?? foreseen.maxTokens ?? config.DEFAULT_MAX_TOKENS;
  const lists = (await findProviders('chat/completions', model)).map(({ priceList }) => priceList);
  const cost = highestCost(lists, model, { inputTokens, outputTokens }, clock());
  return { model, cost, tokens: inputTokens + outputTokens };
}
