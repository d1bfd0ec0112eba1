import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'undici';
import { residentMemory, startOn, stopProcess } from './process.ts';

export const CALLERS = 64;

/** A running server that is measured, with as many accounts as there are callers. */
export interface Subject {
  name: string;
  pid: number;
  origin: string;
  pool: Pool;
  tokens: string[];
  readyMs: number;
  idleMemory: number;
  stop(): Promise<void>;
}

function readyPort(line: string): number | undefined {
  const match = /"port":(\d+)/.exec(line);
  return match ? Number(match[1]) : undefined;
}

async function joinOne(origin: string, number: number): Promise<string> {
  const answer = await fetch(`${origin}/accounts/join`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: `bench-${number}@example.com`, password: 'bench bench', nickname: 'bench' }),
  });
  return ((await answer.json()) as { token: string }).token;
}

export interface SubjectOptions {
  name: string;
  providerUrl: string;
  databaseUrl?: string;
  /** The program to start; the built server unless said otherwise. */
  program?: string[];
}

/** Starts a server on core 0 and joins its callers. */
export async function startSubject(options: SubjectOptions): Promise<Subject> {
  const dataDir = mkdtempSync(join(tmpdir(), 'daesa-bench-'));
  const began = performance.now();
  const env = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: options.databaseUrl ?? '',
    OPENAI_BASE_URL: options.providerUrl,
    MAX_CONCURRENT_GENERATIONS: '0',
    DAILY_REQUEST_LIMIT: '-1',
    NODE_COMPILE_CACHE: 'node_modules/.cache/node-compile',
    // These: as scripts/commands.mjs starts it.
    MALLOC_ARENA_MAX: '1',
    MALLOC_TRIM_THRESHOLD_: '65536',
  };
  const flags = process.env.BENCH_NODE_FLAGS?.split(' ') ?? [];
  const program = options.program ?? ['dist/server/main.js'];
  const args = [...flags, '--disable-warning=ExperimentalWarning', ...program];
  const server = await startOn(0, process.execPath, args, env, readyPort);
  const readyMs = performance.now() - began;
  const origin = `http://127.0.0.1:${server.ready}`;
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const idleMemory = residentMemory(server.pid);
  const tokens: string[] = [];
  for (let number = 0; number < CALLERS; number += 1) tokens.push(await joinOne(origin, number));
  const pool = new Pool(origin, { connections: CALLERS, pipelining: 1 });
  return {
    name: options.name,
    pid: server.pid,
    origin,
    pool,
    tokens,
    readyMs,
    idleMemory,
    stop: async () => {
      await pool.close();
      await stopProcess(server.child);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const body = JSON.stringify({ content: '스토브리그 같은 팀을 만들려면 무엇부터 해야 할까요?' });

/** Every caller asks, one turn after the other, until `until`; gives the latency of every turn in milliseconds. */
export async function askUntil(subject: Subject, until: number): Promise<number[]> {
  const latencies: number[] = [];
  await Promise.all(
    subject.tokens.map(async (token) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
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

/** Node's histogram holds the time between two of its samples, and takes one every so often (prom-client's setting). */
const SAMPLED_EVERY_MS = 10;

/** The event-loop delay of the server since it was last asked, p99 in milliseconds, as its metrics say it. */
export async function loopDelayP99Ms(subject: Subject): Promise<number> {
  const answer = await subject.pool.request({ path: '/metrics', method: 'GET' });
  const match = /^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(await answer.body.text());
  return Math.max(0, Number(match?.[1]) * 1_000 - SAMPLED_EVERY_MS);
}

/** The provider that answers at once, on the client's core. */
export async function startInstantProvider() {
  return startOn(1, process.execPath, ['test/scripted-provider/main.ts', '--instant'], {}, (line) =>
    line.startsWith('{') ? (JSON.parse(line) as { url: string }).url : undefined,
  );
}
