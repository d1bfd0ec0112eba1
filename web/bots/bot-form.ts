import type { Bot, BotContent } from '#contracts/bots.ts';
import type { IntakeQuestion } from '#contracts/sessions.ts';

/** A bot while it is edited: numbers are text, and rows have keys of their own, so that moving one keeps the focus. */
export interface BotForm extends Omit<BotContent, 'temperature' | 'max_tokens' | 'starters' | 'intake'> {
  temperature: string;
  max_tokens: string;
  starters: { key: string; text: string }[];
  intake: (IntakeQuestion & { key: string })[];
}

export const newKey = (): string => crypto.randomUUID();

export function formOf(content: Bot | BotContent): BotForm {
  const { name, description, greeting, model, default_visibility, reads_quotes } = content;
  return {
    name,
    description,
    greeting,
    model,
    default_visibility,
    reads_quotes,
    instructions: content.instructions ?? '',
    temperature: content.temperature?.toString() ?? '',
    max_tokens: content.max_tokens?.toString() ?? '',
    starters: content.starters.map((text) => ({ key: newKey(), text })),
    intake: content.intake.map((question) => ({ ...question, key: newKey() })),
  };
}

/** A name as the server keeps it. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

export function contentOf(form: BotForm): BotContent {
  const numberOf = (text: string) => (text.trim() === '' ? null : Number(text));
  return {
    ...form,
    name: oneLine(form.name),
    description: oneLine(form.description),
    temperature: numberOf(form.temperature),
    max_tokens: numberOf(form.max_tokens),
    starters: form.starters.map(({ text }) => oneLine(text)).filter((text) => text !== ''),
    intake: form.intake.map(({ kind, question, required }) => ({ kind, question: oneLine(question), required })),
  };
}

/** The name of a question's field. */
export const questionField = (key: string): string => `intake-${key}`;

/** The fields that the server would not take, in their order. */
export function checkBot(form: BotForm): Set<string> {
  const { temperature, max_tokens: most } = contentOf(form);
  const wrong = new Set<string>();
  const { length } = [...form.name.trim()];
  if (length < 1 || length > 60) wrong.add('name');
  for (const { key, question } of form.intake) if (question.trim() === '') wrong.add(questionField(key));
  if (temperature !== null && !(temperature >= 0 && temperature <= 2)) wrong.add('temperature');
  if (most !== null && !(Number.isInteger(most) && most >= 1 && most <= 1_000_000)) wrong.add('max_tokens');
  return wrong;
}

export function isSame(one: BotForm, other: BotForm): boolean {
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

/** The fields in which two bots differ. */
export function differences(one: BotContent, other: BotContent): (keyof BotContent)[] {
  const names = Object.keys(one) as (keyof BotContent)[];
  return names.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}
