import { countTokens } from '../upstream/count-tokens.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';

/** What a request hands the model: its text, and tokens for what is no text. */
interface Prompt {
  text: string;
  extraTokens: number;
}

/** Fields that say how, not what. */
const silent = new Set([
  'role',
  'type',
  'id',
  'model',
  'detail',
  'format',
  'object',
  'status',
  'encoding_format',
  'user',
]);
const asked = [
  'messages',
  'prompt',
  'suffix',
  'input',
  'instructions',
  'tools',
  'functions',
  'response_format',
  'text',
];

/** A picture of usual size at high detail. */
const TOKENS_OF_IMAGE = 1_100;
/** Ten tokens a second of 24 kHz, 16 bit. */
const BASE64_OF_AUDIO_TOKEN = 6_400;
/** A page of a document is about 3 kB of text and a picture. */
const BASE64_OF_FILE_TOKEN = 40;
/** What frames each message, and the answer's beginning. */
const TOKENS_OF_MESSAGE = 3;

function walk(value: unknown, name: string, prompt: Prompt, parts: string[]): void {
  if (typeof value === 'string') {
    if (name === 'image_url' || name === 'url') prompt.extraTokens += TOKENS_OF_IMAGE;
    else if (name === 'data') prompt.extraTokens += Math.ceil(value.length / BASE64_OF_AUDIO_TOKEN);
    else if (name === 'file_data') prompt.extraTokens += Math.ceil(value.length / BASE64_OF_FILE_TOKEN);
    else if (!silent.has(name)) parts.push(value);
  } else if (typeof value === 'number') {
    // Prompts and inputs can be tokens already.
    if (name === 'prompt' || name === 'input') prompt.extraTokens += 1;
  } else if (Array.isArray(value)) {
    for (const entry of value) walk(entry, name, prompt, parts);
  } else if (typeof value === 'object' && value !== null) {
    if ('role' in value) prompt.extraTokens += TOKENS_OF_MESSAGE + 1;
    for (const [field, entry] of Object.entries(value)) walk(entry, field, prompt, parts);
  }
}

/** Reads what a body asks. Schemas of tools count as the text they are written in. */
export function readPrompt(body: Buffer): Prompt {
  const fields = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
  const prompt: Prompt = { text: '', extraTokens: fields.messages ? TOKENS_OF_MESSAGE : 0 };
  const parts: string[] = [];
  for (const name of asked) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (name === 'tools' || name === 'functions' || name === 'response_format') parts.push(JSON.stringify(value));
    else walk(value, name, prompt, parts);
  }
  prompt.text = parts.join('\n');
  return prompt;
}

/** About how many tokens a request has, at once. */
export function estimatePrompt(body: Buffer): number {
  const { text, extraTokens } = readPrompt(body);
  return estimateTokens(text) + extraTokens;
}

/** How many tokens a request has, as the tokenizer counts them. */
export async function countPrompt(body: Buffer): Promise<number> {
  const { text, extraTokens } = readPrompt(body);
  return (await countTokens(text)) + extraTokens;
}
