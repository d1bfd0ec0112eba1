import { z } from 'zod';
import { instant } from './text.ts';

export const webhookBody = z.object({ url: z.string().min(1).max(2_000) });

export const alertWebhook = z.object({ url: z.string(), created_at: instant }).meta({ id: 'AlertWebhook' });

/** The secret signs what is posted (https://www.standardwebhooks.com); it is shown here and never again. */
export const newAlertWebhook = alertWebhook.extend({ secret: z.string() }).meta({ id: 'NewAlertWebhook' });
