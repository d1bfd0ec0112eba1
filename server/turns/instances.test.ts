import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { freshPlace, startServer } from '#test/server.ts';
import { writeTo } from '#test/write-to.ts';

test('an instance that has not been heard of for a day is forgotten', async () => {
  const on = await freshPlace();
  const first = await startServer({ on });
  const { instanceId } = first.context;
  await writeTo(first, `insert into instances (id, started_at, heartbeat_at) values ('long gone', 1, 1)`);
  await first.close();
  const second = await startServer({ on });
  const rows = await second.context.database.read.selectFrom('instances').select('id').execute();
  expect(rows.map(({ id }) => id).toSorted()).toEqual([instanceId, second.context.instanceId].toSorted());
  await second.close();
  rmSync(on.dataDir, { recursive: true, force: true });
});
