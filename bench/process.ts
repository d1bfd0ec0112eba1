import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Processor time of a process with all its threads, in microseconds, from /proc (Linux). */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  // utime and stime are fields 14 and 15 of proc(5), in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** Memory of a process that is in RAM, in bytes. */
export function residentMemory(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1_024;
}

export interface CoreTime {
  busy: number;
  idle: number;
}

/** Ticks that a core has been busy and idle since the start of the machine. */
export function coreTime(core: number): CoreTime {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'));
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, ...rest] = (line?.[1] ?? '').split(' ').map(Number);
  return { busy: user + nice + system + rest.reduce((sum, value) => sum + value, 0), idle: idle + wait };
}

/** Share of a span that a core was busy, 0 to 1. */
export function busyShare(from: CoreTime, to: CoreTime): number {
  const busy = to.busy - from.busy;
  return busy / Math.max(1, busy + to.idle - from.idle);
}

/** Starts a program on one core; resolves with the first line of standard output that `ready` finds something in. */
export async function startOn<Ready>(
  core: number,
  file: string,
  args: string[],
  env: Record<string, string>,
  ready: (line: string) => Ready | undefined,
): Promise<{ child: ChildProcess; ready: Ready; pid: number }> {
  const child = spawn('taskset', ['-c', String(core), file, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  const found = await new Promise<Ready>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code} before it was ready`)));
    child.stdout!.on('data', (data: Buffer) => {
      text = (text + data.toString()).slice(-100_000);
      for (const line of text.split('\n')) {
        const value = ready(line);
        if (value !== undefined) resolve(value);
      }
    });
  });
  return { child, ready: found, pid: child.pid! };
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

export function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
