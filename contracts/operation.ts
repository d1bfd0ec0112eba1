import { z } from 'zod';
import { instant } from './text.ts';

export const serviceInfo = z
  .object({ service: z.string(), status: z.literal('running'), version: z.string(), timestamp: instant })
  .meta({ id: 'ServiceInfo' });

export const health = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    openai_api: z.enum(['connected', 'disconnected', 'demo']),
    database: z.enum(['connected', 'disconnected']),
    redis: z.enum(['connected', 'disconnected']).optional(),
    timestamp: instant,
    version: z.string(),
    uptime_s: z.number(),
    memory_bytes: z.int(),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof health>;

export const liveness = z
  .object({ status: z.enum(['live', 'ready', 'stopping', 'unhealthy']) })
  .meta({ id: 'Liveness' });
