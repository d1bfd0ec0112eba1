/**
 * Models that take `max_completion_tokens` and no temperature, by the last part of their id.
 * As of 2026-11; the provider's pages on reasoning models name these families.
 */
const reasoning = [/^o\d/, /^gpt-([5-9]|\d\d)/];
const exceptions = [/-chat(-|$)/];

export function isReasoningModel(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  return reasoning.some((family) => family.test(name)) && !exceptions.some((family) => family.test(name));
}
