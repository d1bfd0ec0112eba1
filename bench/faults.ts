/**
 * The scorecard's rows of faults against built servers, a line of figures each. BENCH_ROWS=K8,K9 runs some of them,
 * BENCH_ROUNDS fewer or more rounds than the scorecard asks for.
 */
import { diskFull } from './faults/disk-full.ts';
import { killMidTurn } from './faults/kill-mid-turn.ts';
import { manyReaders } from './faults/many-readers.ts';
import { quotaRace } from './faults/quota-race.ts';
import { resumeOnOne, resumeOnTwo } from './faults/resume.ts';
import { rollingRestart } from './faults/rolling-restart.ts';
import { endServers, withPostgresAndRedis, type Figures } from './faults/row.ts';
import { postgresFaults, redisMatrix } from './faults/suites.ts';
import { writeStorm } from './faults/write-storm.ts';
import { revocation } from './revocation.ts';

const rows: Record<string, () => Promise<Figures>> = {
  K1: quotaRace,
  K6: resumeOnOne,
  'K6-2': resumeOnTwo,
  K7: manyReaders,
  K8: killMidTurn,
  K9: writeStorm,
  K10: rollingRestart,
  K11: diskFull,
  K12: postgresFaults,
  K13: redisMatrix,
  K18: () =>
    withPostgresAndRedis(({ databaseUrl, redisUrl }) => revocation({ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl })),
};

for (const name of process.env.BENCH_ROWS?.split(',') ?? Object.keys(rows)) {
  const row = rows[name];
  if (!row) throw new Error(`There is no row "${name}"; there are ${Object.keys(rows).join(', ')}.`);
  const began = performance.now();
  const { figures, passed } = await row()
    .catch((error: unknown) => ({ figures: `broke off: ${String(error)}`, passed: false }))
    .finally(endServers);
  const took = Math.round((performance.now() - began) / 1_000);
  process.stdout.write(`${name.padEnd(4)} ${passed ? 'ok  ' : 'FAIL'} ${figures} (${took} s)\n`);
  if (!passed) process.exitCode = 1;
}
