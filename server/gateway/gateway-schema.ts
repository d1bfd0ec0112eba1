import { z } from 'zod';

export const gatewayConfig = { access: 'user' as const };

const anyBody = z.any().meta({ description: 'As in the OpenAI API; every field goes to the provider unchanged' });
const anyAnswer = { 200: z.any().meta({ description: 'As in the OpenAI API' }) };

/** Bodies and answers are OpenAI's: their documentation is there. */
export function gatewaySchema(summary: string) {
  return { tags: ['gateway'], summary, response: anyAnswer, body: anyBody };
}
