/**
 * What one call has used, in the units that providers bill. The totals include their parts: `cachedTokens`,
 * audio and image tokens are part of `inputTokens`; reasoning, audio and image tokens part of `outputTokens`.
 */
export interface Consumption {
  inputTokens: number;
  cachedTokens: number;
  cacheWriteTokens: number;
  inputAudioTokens: number;
  cachedAudioTokens: number;
  inputImageTokens: number;
  cachedImageTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  outputAudioTokens: number;
  outputImageTokens: number;
  /** Of audio that was listened to. */
  seconds: number;
  /** Of text that was spoken. */
  characters: number;
  webSearches: number;
}

export const nothingConsumed: Consumption = {
  inputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  inputAudioTokens: 0,
  cachedAudioTokens: 0,
  inputImageTokens: 0,
  cachedImageTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  outputAudioTokens: 0,
  outputImageTokens: 0,
  seconds: 0,
  characters: 0,
  webSearches: 0,
};
