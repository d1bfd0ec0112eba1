import { readFileSync } from 'node:fs';
import { z } from 'zod';

const provider = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,40}$/),
  base_url: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  /** The key itself, or the name of the variable that holds it. */
  api_key: z.string().min(1).optional(),
  api_key_env: z.string().min(1).optional(),
  /** Names, or beginnings that end in `*`; all where it is left out. */
  models: z.array(z.string().min(1)).optional(),
  /** `chat/completions`, say; all where it is left out. */
  endpoints: z.array(z.string().min(1)).optional(),
  /** Whose prices its models have: a provider's name, or `free`; by its address where it is left out. */
  prices: z.string().min(1).optional(),
  /** Lower comes first. The provider of the environment has 0. */
  priority: z.int().default(1),
  /** Share of the calls among providers of one priority. */
  weight: z.number().positive().default(1),
});

export interface ExtraProvider extends z.infer<typeof provider> {
  apiKey: string | undefined;
}

/** Reads the providers beside the one of the environment. Throws with one sentence that says what is wrong. */
export function readProvidersFile(
  path: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): ExtraProvider[] {
  if (path === undefined) return [];
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`PROVIDERS_FILE is "${path}", which can't be read; it takes the path of a JSON list of providers.`);
  }
  const parsed = z.array(provider).safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`PROVIDERS_FILE "${path}": ${issue.path.join('.') || 'the file'}: ${issue.message}.`);
  }
  const names = new Set(parsed.data.map(({ name }) => name));
  if (names.size < parsed.data.length) throw new Error(`PROVIDERS_FILE "${path}" has two providers of one name.`);
  return parsed.data.map((row) => ({
    ...row,
    apiKey: row.api_key ?? (row.api_key_env ? environment[row.api_key_env] || undefined : undefined),
  }));
}
