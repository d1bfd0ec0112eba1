import pino from 'pino';
import { expect, test, vi } from 'vitest';
import { hasRedis, startRedis } from '#test/redis.ts';
import { freePort } from '#test/postgres.ts';
import { connectRedis } from './connect-redis.ts';

const logger = pino({ level: 'silent' });

test.skipIf(!hasRedis)('a Redis that is away stops nothing, and is used again once it is back', async () => {
  const port = await freePort();
  const client = await connectRedis(`redis://127.0.0.1:${port}`, logger);
  expect(client.isReady).toBe(false);
  await expect(client.get('a')).rejects.toThrow('The client is offline');
  const redis = await startRedis(port);
  await vi.waitUntil(() => client.isReady, { timeout: 5_000 });
  await client.set('a', '1');
  expect(await client.get('a')).toBe('1');
  await redis.stop();
  await vi.waitUntil(() => !client.isReady);
  await expect(client.get('a')).rejects.toThrow('The client is offline');
  client.destroy();
});
