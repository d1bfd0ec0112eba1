import type { Consumption } from '../spend/consumption.ts';

/** What an answer says it has used; `more` are the units besides the three that every answer has. */
export interface CallUsage {
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  more: Partial<Consumption>;
}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/**
 * Reads the `usage` of any endpoint: chat (`prompt_tokens`), responses, images and speech (`input_tokens`),
 * transcription (tokens, or `seconds`). Undefined where there is none.
 */
export function readUsage(value: unknown): CallUsage | undefined {
  const usage = fields(value);
  const prompt = usage.prompt_tokens ?? usage.input_tokens;
  const completion = usage.completion_tokens ?? usage.output_tokens;
  const seconds = typeof usage.seconds === 'number' && usage.seconds > 0 ? usage.seconds : 0;
  if (typeof prompt !== 'number' && typeof completion !== 'number' && seconds === 0) return undefined;
  const asked = fields(usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.input_token_details);
  const said = fields(usage.completion_tokens_details ?? usage.output_tokens_details ?? usage.output_token_details);
  const cached = fields(asked.cached_tokens_details);
  const promptTokens = count(prompt);
  const completionTokens = count(completion);
  const more: Partial<Consumption> = {
    cacheWriteTokens: count(asked.cache_write_tokens ?? asked.cache_creation_tokens),
    inputAudioTokens: count(asked.audio_tokens),
    cachedAudioTokens: count(cached.audio_tokens),
    inputImageTokens: count(asked.image_tokens),
    cachedImageTokens: count(cached.image_tokens),
    reasoningTokens: Math.min(count(said.reasoning_tokens), completionTokens),
    outputAudioTokens: count(said.audio_tokens),
    outputImageTokens: count(said.image_tokens),
    seconds,
  };
  for (const [name, amount] of Object.entries(more)) {
    if (amount === 0) delete more[name as keyof Consumption];
  }
  return { promptTokens, cachedTokens: Math.min(count(asked.cached_tokens), promptTokens), completionTokens, more };
}
