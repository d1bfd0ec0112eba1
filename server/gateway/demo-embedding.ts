import { createHash } from 'node:crypto';

const DIMENSIONS = 256;

/** A vector of hashed words: texts that share words are near each other. Of length 1. */
export function hashedWords(text: string, dimensions: number = DIMENSIONS): number[] {
  const vector = new Float64Array(dimensions);
  for (const word of text
    .toLowerCase()
    .normalize('NFC')
    .match(/[\p{L}\p{N}]+/gu) ?? []) {
    const digest = createHash('sha256').update(word).digest();
    // Two places a word, with a sign, so that different words seldom fall together.
    for (const at of [0, 4]) vector[digest.readUInt32LE(at) % dimensions]! += digest[at + 8]! % 2 === 0 ? 1 : -1;
  }
  const length = Math.hypot(...vector) || 1;
  return Array.from(vector, (value) => value / length);
}

/** The same as little-endian 32-bit floats in Base64, as clients ask for by default. */
export function toBase64(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}
