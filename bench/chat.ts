/**
 * Stored chat turns a second: the server with all its threads on core 0, client and provider on core 1, 64
 * callers against a provider that answers at once. Five rounds, the databases in turn, medians. A round in
 * which the client's core was full says nothing about the server and is marked void.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { findPostgres, startPostgres } from '#test/postgres.ts';
import { busyShare, coreTime, median, percentile, processorTime, residentMemory, startOn, stopProcess } from './process.ts';

const CALLERS = 64;
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

interface Subject {
  name: string;
  pid: number;
  pool: Pool;
  token: string;
  readyMs: number;
  idleMemory: number;
  rounds: Round[];
  stop(): Promise<void>;
}

function readyPort(line: string): number | undefined {
  const match = /"port":(\d+)/.exec(line);
  return match ? Number(match[1]) : undefined;
}

async function startSubject(name: string, providerUrl: string, databaseUrl: string | undefined): Promise<Subject> {
  const dataDir = mkdtempSync(join(tmpdir(), 'daesa-bench-'));
  const began = performance.now();
  const env = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: databaseUrl ?? '',
    OPENAI_BASE_URL: providerUrl,
    MAX_CONCURRENT_GENERATIONS: '0',
    DAILY_REQUEST_LIMIT: '-1',
    NODE_COMPILE_CACHE: 'node_modules/.cache/node-compile',
  };
  const flags = (process.env.BENCH_NODE_FLAGS ?? '--max-semi-space-size=8').split(' ');
  const server = await startOn(0, process.execPath, [...flags, '--disable-warning=ExperimentalWarning', 'dist/server/main.js'], env, readyPort);
  const readyMs = performance.now() - began;
  const origin = `http://127.0.0.1:${server.ready}`;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const idleMemory = residentMemory(server.pid);
  const answer = await fetch(`${origin}/accounts/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'bench@example.com', password: 'bench bench', nickname: 'bench' }),
  });
  const { token } = (await answer.json()) as { token: string };
  return {
    name,
    pid: server.pid,
    pool: new Pool(origin, { connections: CALLERS, pipelining: 1 }),
    token,
    readyMs,
    idleMemory,
    rounds: [],
    stop: async () => {
      await stopProcess(server.child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const body = JSON.stringify({ content: '스토브리그 같은 팀을 만들려면 무엇부터 해야 할까요?' });

/** Asks until `until`; gives the latency of every turn in milliseconds. */
async function ask(subject: Subject, until: number): Promise<number[]> {
  const latencies: number[] = [];
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${subject.token}` };
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (performance.now() < until) {
        const began = performance.now();
        const answer = await subject.pool.request({ path: '/chat', method: 'POST', headers, body });
        await answer.body.dump();
        if (answer.statusCode !== 201) throw new Error(`a turn was answered ${answer.statusCode}`);
        latencies.push(performance.now() - began);
      }
    }),
  );
  return latencies;
}

async function loopDelayP99Ms(subject: Subject): Promise<number> {
  const answer = await subject.pool.request({ path: '/metrics', method: 'GET' });
  const match = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await answer.body.text());
  return Number(match?.[1]) * 1_000;
}

async function runRound(subject: Subject): Promise<Round> {
  await ask(subject, performance.now() + WARM_UP_MS);
  await loopDelayP99Ms(subject);
  const core = coreTime(1);
  const processor = processorTime(subject.pid);
  const began = performance.now();
  const latencies = await ask(subject, began + ROUND_MS);
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

function report(subject: Subject): void {
  const valid = subject.rounds.filter((round) => round.clientCore < 0.98);
  const show = (pick: (round: Round) => number, digits = 0) => median(valid.map(pick)).toFixed(digits).padStart(10);
  process.stdout.write(
    [
      `${subject.name.padEnd(10)} ${show((round) => round.turnsPerSecond)} turns/s`,
      `${show((round) => round.microsecondsPerTurn)} µs CPU a turn`,
      `${show((round) => round.loopDelayP99Ms, 1)} ms loop delay p99`,
      `${show((round) => round.latencyP50Ms, 1)} ms p50`,
      `${show((round) => round.latencyP99Ms, 1)} ms p99`,
      `ready ${subject.readyMs.toFixed(0)} ms, idle ${(subject.idleMemory / 1e6).toFixed(0)} MB`,
      `${valid.length} of ${subject.rounds.length} rounds valid\n`,
    ].join('  '),
  );
}

export async function benchChat(): Promise<void> {
  const provider = await startOn(1, process.execPath, ['test/scripted-provider/main.ts', '--instant'], {}, (line) => {
    return line.startsWith('{') ? (JSON.parse(line) as { url: string }).url : undefined;
  });
  const bin = findPostgres();
  const postgres = bin ? await startPostgres(bin) : undefined;
  const subjects = [await startSubject('sqlite', provider.ready, undefined)];
  if (postgres) subjects.push(await startSubject('postgres', provider.ready, postgres.url));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of subjects) subject.rounds.push(await runRound(subject));
  }
  for (const subject of subjects) {
    report(subject);
    await subject.pool.close();
    await subject.stop();
  }
  await stopProcess(provider.child);
  await postgres?.stop();
}

if (import.meta.main) await benchChat();
