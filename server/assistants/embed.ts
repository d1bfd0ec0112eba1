import { closeCall } from './advance-run.store.ts';
import { reserveEmbedding } from './chunks.store.ts';
import type { AssistantParts } from './parts.ts';
import { reserveArgs } from './run-reservation.ts';

export interface Asker {
  userId: number;
  keyId: number | null;
  assistantId: string | null;
}

/** Texts that go into one call. */
const BATCH = 64;
/** Enough for a search, at a sixth of the room: https://platform.openai.com/docs/assistants/tools/file-search. */
const DIMENSIONS = 256;

interface Answer {
  data?: { index: number; embedding: number[] }[];
  model?: string;
  usage?: { prompt_tokens?: number };
}

/** Vectors of length 1 of some texts; each call is reserved and settled. Throws what the provider or a budget says. */
export async function embed(
  parts: AssistantParts,
  asker: Asker,
  model: string,
  texts: string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let from = 0; from < texts.length; from += BATCH) {
    vectors.push(...(await embedBatch(parts, asker, model, texts.slice(from, from + BATCH), signal)));
  }
  return vectors;
}

async function embedBatch(
  parts: AssistantParts,
  asker: Asker,
  model: string,
  input: string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const { database, models, clock } = parts;
  const dimensions = model.startsWith('text-embedding-3') ? { dimensions: DIMENSIONS } : {};
  const body = { model, input, encoding_format: 'float', ...dimensions };
  const prompt = models.estimatePrompt(body);
  const asked = { model, askedModel: model, units: 0 as const, limited: true, endpoint: 'embeddings' as const };
  const reserve = await reserveArgs(parts, asker, asked, () => ({ prompt, answer: 0 }));
  const reservation = await database.write(reserveEmbedding, { reserve });
  let answer: Answer = {};
  let priceList: string | undefined;
  try {
    await models.ask(reservation, {
      endpoint: 'embeddings',
      model,
      body,
      signal,
      onData: (data) => {
        answer = data as Answer;
      },
      onAccepted: (by) => {
        ({ priceList } = by);
      },
    });
  } catch (error) {
    await database.write(closeCall, { reservationId: reservation.id, settle: null, now: clock() });
    throw error;
  }
  const said = answer.usage?.prompt_tokens;
  const used = { promptTokens: said ?? prompt, cachedTokens: 0, completionTokens: 0, estimated: said === undefined };
  const settle = { model: answer.model ?? model, priceList, ...used };
  await database.write(closeCall, { reservationId: reservation.id, settle, now: clock() });
  return input.map((_, index) => {
    const embedding = answer.data?.find((row) => row.index === index)?.embedding;
    return unit(Float32Array.from(Array.isArray(embedding) ? embedding : []));
  });
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

export function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function fromBytes(bytes: Uint8Array): Float32Array {
  // A database gives bytes at any address; floats need one that is a multiple of four.
  return new Float32Array(bytes.slice().buffer);
}
