/** A model name that its provider has ended, or will, and what answers in its place. */
export interface RetiredModel {
  name: string;
  /** In this order: the first that the provider lists, else the default model. */
  targets: string[];
  /** The day it ends or ended, UTC; null where nobody has named one. */
  shutdownDate: string | null;
  source: string;
}

const deprecations = 'https://developers.openai.com/api/docs/deprecations';
const small = ['gpt-6-luna', 'gpt-5.6-luna', 'gpt-5.4-mini', 'gpt-5-mini', 'gpt-4.1-mini'];
const large = ['gpt-6-sol', 'gpt-5.6-terra', 'gpt-5.4', 'gpt-5', 'gpt-4.1'];
const images = ['gpt-image-2', 'gpt-image-1.5', 'gpt-image-1', 'gpt-image-1-mini'];
const speech = ['gpt-4o-mini-tts', 'tts-1'];
const embeddings = ['text-embedding-3-small', 'text-embedding-3-large'];

function rows(names: string[], targets: string[], shutdownDate: string | null): RetiredModel[] {
  return names.map((name) => ({
    name,
    targets: targets.filter((to) => to !== name),
    shutdownDate,
    source: deprecations,
  }));
}

/** What is shipped; administrators change it row by row. As of 2026-11-21. Dates in 2027 come from secondary sources. */
export const retiredModels: readonly RetiredModel[] = [
  ...rows(['gpt-3.5-turbo', 'gpt-3.5-turbo-0125', 'gpt-3.5-turbo-1106', 'gpt-3.5-turbo-16k'], small, '2026-10-23'),
  ...rows(['gpt-4', 'gpt-4-0613', 'gpt-4-turbo', 'gpt-4-turbo-2024-04-09', 'gpt-4-turbo-preview'], large, '2026-10-23'),
  ...rows(['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'gpt-4.1-mini', 'gpt-4.1-mini-2025-04-14'], small, '2027-01-14'),
  ...rows(['gpt-4o', 'gpt-4o-2024-08-06', 'gpt-4o-2024-11-20', 'gpt-4.1', 'gpt-4.1-2025-04-14'], large, '2027-01-14'),
  ...rows(['gpt-3.5-turbo-instruct', 'babbage-002', 'davinci-002', 'text-davinci-003'], small, '2026-09-28'),
  ...rows(['dall-e-2', 'dall-e-3'], images, '2026-05-12'),
  ...rows(['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts'], speech, '2027-01-06'),
  ...rows(['whisper-1'], ['gpt-transcribe', 'gpt-4o-transcribe', 'gpt-4o-mini-transcribe'], '2027-02-26'),
  ...rows(
    ['text-moderation-latest', 'text-moderation-stable', 'text-moderation-007'],
    ['omni-moderation-latest', 'omni-moderation-2024-09-26'],
    '2025-10-27',
  ),
  ...rows(['text-embedding-ada-002'], embeddings, null),
  ...rows(
    ['gpt-4o-realtime-preview', 'gpt-4o-mini-realtime-preview'],
    ['gpt-realtime-2', 'gpt-realtime', 'gpt-realtime-mini'],
    '2026-05-07',
  ),
];

const DAY_MS = 86_400_000;

/** What an answer of a model says about that model's end, in its last 90 days and after (RFC 9745, RFC 8594). */
export function endHeaders(date: string | null | undefined, now: number): Record<string, string> {
  if (!date) return {};
  const end = Date.parse(`${date}T00:00:00Z`);
  if (end - now > 90 * DAY_MS) return {};
  return { deprecation: `@${Math.floor((end - 90 * DAY_MS) / 1_000)}`, sunset: new Date(end).toUTCString() };
}
