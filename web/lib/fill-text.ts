export type Values = Record<string, string | number>;

/** Puts values in the places of a text: `{n} left` with `{ n: 3 }` is `3 left`. */
export function fillText(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (name in values ? String(values[name]) : place));
}
