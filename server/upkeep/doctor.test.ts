import pino from 'pino';
import { expect, test } from 'vitest';
import { startChatServer } from '#test/chat-server.ts';
import { writeTo } from '#test/write-to.ts';
import { freshPlace } from '#test/server.ts';
import { readConfig } from '../config.ts';
import { examine } from './doctor.ts';

test('the doctor finds nothing beside a sound server, and what is wrong with a broken one', async () => {
  const place = await freshPlace();
  const server = await startChatServer({ on: place });
  const member = await server.join();
  for (const content of ['one', 'two']) expect((await member.post('/chat', { content })).status).toBe(201);
  const config = readConfig({
    DATA_DIR: place.dataDir,
    OPENAI_BASE_URL: server.provider.url,
    ...(place.databaseUrl ? { DATABASE_URL: place.databaseUrl } : {}),
  });
  const look = async () => {
    const findings = await examine(config, pino({ level: 'silent' }));
    return findings.filter(({ state }) => state !== 'ok').map(({ about, state }) => `${state} ${about}`);
  };
  expect(await look()).toEqual([]);
  await writeTo(place, 'update daily_usage set used = used - 1');
  await writeTo(place, `update ledger set state = 'reserved', created_at = 1 where id = (select min(id) from ledger)`);
  await writeTo(place, `delete from messages where role = 'assistant'`);
  await writeTo(place, `update users set role = 'member'`);
  expect(await look()).toEqual(['bad quota', 'warning ledger', 'bad turns', 'warning accounts']);
  await server.provider.close();
  expect(await look()).toContain('bad provider');
  await server.close();
}, 60_000);
