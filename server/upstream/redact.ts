/** Anything that looks like a credential: bearer tokens, keys, masked keys, `user:password@`. */
const credential =
  /\bbearer\s+[^\s"',;]+|\bsk-[A-Za-z0-9_\-*.…•]*[A-Za-z0-9_*…•]|[A-Za-z0-9_-]*[*•]{3,}[A-Za-z0-9_-]*|[A-Za-z0-9_-]+…[A-Za-z0-9_-]+|(?<=:\/\/)[^\s/@]+@/gi;

/** One line of a provider's message without anything that looks like a key, at most 300 characters. */
export function redact(message: string, secrets: readonly string[]): string {
  let text = message;
  for (const secret of secrets) {
    if (secret.length >= 4) text = text.replaceAll(secret, '[key]');
  }
  // The pattern is quadratic on long words, so it sees a bounded piece.
  text = text
    .slice(0, 2000)
    .replace(credential, '[key]')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return (text.length > 300 ? `${text.slice(0, 299)}…` : text).toWellFormed();
}
