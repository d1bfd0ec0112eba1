/**
 * Stored chat turns a second: the server with all its threads on core 0, client and provider on core 1, 64
 * callers (64 accounts) against a provider that answers at once. Five rounds, the databases in turn, medians. A
 * round in which the client's core was full says nothing about the server and is void.
 */
import { findPostgres, startPostgres } from '#test/postgres.ts';
import { busyShare, coreTime, median, percentile, processorTime, stopProcess } from './process.ts';
import { askUntil, loopDelayP99Ms, startInstantProvider, startSubject, type Subject } from './subject.ts';

const WARM_UP_MS = 2_000;
const ROUND_MS = 4_000;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);

interface Round {
  turnsPerSecond: number;
  microsecondsPerTurn: number;
  loopDelayP99Ms: number;
  latencyP50Ms: number;
  latencyP99Ms: number;
  clientCore: number;
}

async function runRound(subject: Subject): Promise<Round> {
  await askUntil(subject, performance.now() + WARM_UP_MS);
  await loopDelayP99Ms(subject);
  const core = coreTime(1);
  const processor = processorTime(subject.pid);
  const began = performance.now();
  const latencies = await askUntil(subject, began + ROUND_MS);
  const seconds = (performance.now() - began) / 1_000;
  return {
    turnsPerSecond: latencies.length / seconds,
    microsecondsPerTurn: (processorTime(subject.pid) - processor) / latencies.length,
    clientCore: busyShare(core, coreTime(1)),
    loopDelayP99Ms: await loopDelayP99Ms(subject),
    latencyP50Ms: percentile(latencies, 0.5),
    latencyP99Ms: percentile(latencies, 0.99),
  };
}

function report(subject: Subject, rounds: Round[]): void {
  const valid = rounds.filter((round) => round.clientCore < 0.98);
  const show = (pick: (round: Round) => number, digits = 0) => median(valid.map(pick)).toFixed(digits);
  process.stdout.write(
    [
      subject.name.padEnd(9),
      `${show((round) => round.turnsPerSecond)} turns/s`,
      `${show((round) => round.microsecondsPerTurn)} µs CPU a turn`,
      `${show((round) => round.loopDelayP99Ms, 1)} ms loop delay p99`,
      `${show((round) => round.latencyP50Ms, 1)} ms p50`,
      `${show((round) => round.latencyP99Ms, 1)} ms p99`,
      `ready in ${subject.readyMs.toFixed(0)} ms`,
      `idle at ${(subject.idleMemory / 1e6).toFixed(0)} MB`,
      `${valid.length} of ${rounds.length} rounds valid\n`,
    ].join(' · '),
  );
}

const provider = await startInstantProvider();
const bin = findPostgres();
const postgres = bin ? await startPostgres(bin) : undefined;
const subjects = [await startSubject({ name: 'sqlite', providerUrl: provider.ready })];
if (postgres) {
  subjects.push(await startSubject({ name: 'postgres', providerUrl: provider.ready, databaseUrl: postgres.url }));
}
const rounds = new Map(subjects.map((subject) => [subject, [] as Round[]]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const subject of subjects) rounds.get(subject)!.push(await runRound(subject));
}
for (const [subject, measured] of rounds) {
  report(subject, measured);
  await subject.stop();
}
await stopProcess(provider.child);
await postgres?.stop();
