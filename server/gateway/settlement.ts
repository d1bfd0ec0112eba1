import type { Consumption } from '../spend/consumption.ts';
import type { Settlement } from '../spend/progress.store.ts';
import { countTokens } from '../upstream/count-tokens.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import { GrowingCount } from '../upstream/growing-count.ts';
import type { AnswerReader } from './answer-reader.ts';
import type { RunningAnswer } from './progress-notes.ts';
import type { CallUsage } from './read-usage.ts';
import type { Target } from './targets.ts';

/** What is known of a call's cost besides its answer. */
export interface CallCost {
  model: string;
  /** How many tokens were asked: about, at once, and as the tokenizer counts them, in a while. */
  estimatePrompt: () => number;
  countPrompt: () => Promise<number>;
  /** Where the answer names no usage, nobody knows what it cost. */
  unknownUsage?: boolean;
  /** What is counted where the answer names no usage, such as the characters of spoken text. */
  counted?: Partial<Consumption>;
}

export interface Answering {
  reader: Pick<AnswerReader, 'text' | 'usage' | 'model' | 'tier'>;
  target: Pick<Target, 'priceList'>;
}

type Used = Omit<CallUsage, 'cachedTokens'>;
/** A younger call is not worth the tokenizer. */
const COUNTED_FROM_MS = 1_000;

/** How an answer is settled that has used so much, as it says itself or as it was counted. */
export function settlementOf(call: CallCost, { reader, target }: Answering, used: Used): Settlement {
  const { usage } = reader;
  return {
    model: reader.model || call.model,
    priceList: target.priceList,
    promptTokens: used.promptTokens,
    cachedTokens: usage?.cachedTokens ?? 0,
    completionTokens: used.completionTokens,
    more: used.more,
    tier: reader.tier,
    unknownCost: call.unknownUsage && usage === undefined,
    estimated: usage === undefined,
  };
}

/** What is known of the usage without counting. */
function usageSaid(call: CallCost, { usage }: Answering['reader']): Used | undefined {
  return usage ?? (call.counted && { promptTokens: 0, completionTokens: 0, more: call.counted });
}

/** What the answer says it has used, else what can be counted of it. */
export async function usageOf(call: CallCost, reader: AnswerReader): Promise<Used> {
  const said = usageSaid(call, reader);
  if (said) return said;
  const prompt = call.unknownUsage ? 0 : call.countPrompt();
  const [promptTokens, completionTokens] = await Promise.all([prompt, countTokens(reader.text)]);
  return { promptTokens, completionTokens, more: {} };
}

/** What a call that is under way would be settled with if it ended soon: waits for nothing. */
export function runningAnswer(call: CallCost, answering: Answering): RunningAnswer {
  const { reader } = answering;
  const countedFrom = performance.now() + COUNTED_FROM_MS;
  const growing = new GrowingCount();
  let promptTokens = call.unknownUsage || usageSaid(call, reader) ? 0 : call.estimatePrompt();
  let promptCount: 'needed' | 'counting' | 'known' = call.unknownUsage ? 'known' : 'needed';
  async function countPrompt(): Promise<void> {
    promptCount = 'counting';
    promptTokens = await call.countPrompt();
    promptCount = 'known';
  }
  return {
    length: () => reader.text.length,
    counting: () => usageSaid(call, reader) === undefined && (promptCount !== 'known' || growing.counting),
    settlement: (growth) => {
      const said = usageSaid(call, reader);
      if (said) return settlementOf(call, answering, said);
      const counts = performance.now() >= countedFrom;
      if (counts && promptCount === 'needed') void countPrompt();
      const tokens = counts ? growing.tokensOf(reader.text) : estimateTokens(reader.text);
      const completionTokens = Math.round(tokens * (1 + growth));
      return settlementOf(call, answering, { promptTokens, completionTokens, more: {} });
    },
  };
}
