interface PreferredModel {
  id: string;
  source: string;
}

/**
 * Which model answers when nobody names one: the first of these that the provider offers. Small, cheap
 * chat models first, newest generation first. As of 2026-11-21.
 */
export const preferredModels: readonly [PreferredModel, ...PreferredModel[]] = [
  { id: 'gpt-6-luna', source: 'https://developers.openai.com/api/docs/models/gpt-6-luna' },
  { id: 'gpt-5.6-luna', source: 'https://developers.openai.com/api/docs/models/gpt-5.6-luna' },
  { id: 'gpt-5.4-mini', source: 'https://developers.openai.com/api/docs/models/gpt-5.4-mini' },
  { id: 'gpt-5-mini', source: 'https://developers.openai.com/api/docs/models/gpt-5-mini' },
  { id: 'gpt-4.1-mini', source: 'https://developers.openai.com/api/docs/models/gpt-4.1-mini' },
  { id: 'gpt-4o-mini', source: 'https://developers.openai.com/api/docs/models/gpt-4o-mini' },
];

/** Tokens of input and output together, by the beginning of the id; the longest one counts. As of 2026-11-21. */
const contextWindows: ReadonlyArray<[prefix: string, tokens: number]> = [
  ['gpt-6', 1_050_000],
  ['gpt-5.6', 1_050_000],
  ['gpt-5.5', 1_000_000],
  ['gpt-5.4', 1_050_000],
  ['gpt-5.4-mini', 400_000],
  ['gpt-5.4-nano', 400_000],
  ['gpt-5.3', 128_000],
  ['gpt-5.3-codex', 400_000],
  ['gpt-5', 400_000],
  ['gpt-5-chat', 128_000],
  ['gpt-4.1', 1_000_000],
  ['gpt-4o', 128_000],
  ['gpt-4-turbo', 128_000],
  ['gpt-4', 8_192],
  ['gpt-3.5-turbo', 16_385],
  ['gpt-oss', 131_072],
  ['chatgpt-4o', 128_000],
  ['o1', 200_000],
  ['o1-mini', 128_000],
  ['o1-preview', 128_000],
  ['o3', 200_000],
  ['o4', 200_000],
];

/** Tokens that a model can take together with its answer, where that is known. */
export function knownContextWindow(model: string): number | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1);
  let best: [prefix: string, tokens: number] | undefined;
  for (const row of contextWindows) {
    if (name.startsWith(row[0]) && row[0].length > (best?.[0].length ?? 0)) best = row;
  }
  return best?.[1];
}

/** Families that do something else than answer a chat, or only behind another endpoint. */
const noChat =
  /embed|whisper|tts|dall-e|moderation|realtime|image|transcribe|audio|speech|sora|davinci|babbage|instruct$|-instruct-\d|rerank|codex|computer-use|deep-research|search|live|translate|-pro(-|$)/i;

export function isChatModel(id: string): boolean {
  return !noChat.test(id);
}
