import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startServer, type TestServer } from '#test/server.ts';
import { currentDay, databaseDays, dayOf } from './clock.ts';

const hour = 3_600_000;
const day = 24 * hour;

describe('a day of the quota', () => {
  test.each([
    ['Asia/Seoul', '2026-11-21T14:59:59.999Z', '2026-11-21', '2026-11-21T15:00:00.000Z'],
    ['Asia/Seoul', '2026-11-21T15:00:00.000Z', '2026-11-22', '2026-11-22T15:00:00.000Z'],
    ['UTC', '2026-12-31T23:59:59.999Z', '2026-12-31', '2027-01-01T00:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-01-01T10:00:00.000Z', '2026-01-02', '2026-01-02T10:00:00.000Z'],
    ['Asia/Kathmandu', '2026-01-01T18:14:59.999Z', '2026-01-01', '2026-01-01T18:15:00.000Z'],
    // Days of 23 and 25 hours.
    ['Europe/Berlin', '2026-03-29T00:00:00.000Z', '2026-03-29', '2026-03-29T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25', '2026-10-25T23:00:00.000Z'],
    // No midnight: the day begins at one o'clock.
    ['America/Santiago', '2026-09-06T03:59:59.999Z', '2026-09-05', '2026-09-06T04:00:00.000Z'],
    // Two midnights: the day begins at the first.
    ['America/Havana', '2026-11-01T03:00:00.000Z', '2026-10-31', '2026-11-01T04:00:00.000Z'],
    ['America/Havana', '2026-11-01T04:30:00.000Z', '2026-11-01', '2026-11-02T05:00:00.000Z'],
  ])('of %s at %s is %s and ends at %s', (zone, at, date, end) => {
    const now = Date.parse(at);
    expect(dayOf(now, zone)).toEqual({ now, day: date, resetsAt: Date.parse(end) });
  });
});

/** Minutes that a zone is ahead of UTC. */
function offsetReader(zone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset', hour: 'numeric' });
  return (at) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
}

/** The instants from 2025 to 2027 at which the clocks of a zone change. */
function changesOf(zone: string): number[] {
  const offset = offsetReader(zone);
  const found: number[] = [];
  // Ramadan in Morocco is the shortest summer or winter there is: a month.
  const step = 10 * day;
  for (let at = Date.UTC(2025, 0, 1); at < Date.UTC(2028, 0, 1); at += step) {
    if (offset(at) === offset(at + step)) continue;
    let [before, after] = [at, at + step];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offset(middle) === offset(at)) before = middle;
      else after = middle;
    }
    found.push(after);
  }
  return found;
}

describe('the clock of the database', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  test('says the current day', async () => {
    const before = Date.now() - 1;
    const today = await currentDay(server.context.database.read, 'Asia/Seoul');
    expect(today.now).toBeGreaterThanOrEqual(before);
    expect(today.now).toBeLessThanOrEqual(Date.now() + 1);
    expect(today).toEqual(dayOf(today.now, 'Asia/Seoul'));
  });

  test.runIf(inject('database') === 'postgres')(
    'means the same days as Intl, in all zones and around every change of their clocks',
    async () => {
      const probes: { zone: string; at: number }[] = [];
      for (const zone of [...Intl.supportedValuesOf('timeZone'), 'UTC']) {
        const changes = changesOf(zone);
        for (const change of [Date.UTC(2026, 0, 1), Date.UTC(2026, 6, 1, 12), ...changes.slice(0, 4)]) {
          for (const away of [-day, -hour, -1, 0, 1, hour, 12 * hour]) probes.push({ zone, at: change + away });
        }
      }
      const zones = probes.map(({ zone }) => zone);
      const instants = probes.map(({ at }) => at);
      const source = sql`(select zone, to_timestamp(at / 1000.0) as t
        from unnest(${zones}::text[], ${instants}::float8[]) as probe(zone, at))`;
      const days = await databaseDays(server.context.database.read, source);
      expect(days).toHaveLength(probes.length);
      const different = probes
        .map(({ zone, at }, index) => ({ zone, intl: dayOf(at, zone), database: days[index]! }))
        .filter(({ intl, database }) => JSON.stringify(intl) !== JSON.stringify(database));
      expect(different).toEqual([]);
    },
    60_000,
  );
});
