import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './postgres.ts';

/** Whether this machine has a Redis to start. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export interface RedisServer {
  url: string;
  /** SIGSTOP and SIGCONT: it is there, and answers nothing. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Starts an empty Redis of its own; on a given port, so that one can go away and come back. */
export async function startRedis(port?: number): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-redis-'));
  const at = port ?? (await freePort());
  const settings = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--dir', directory];
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`Redis did not start: ${said}`)));
  });
  return {
    url: `redis://127.0.0.1:${at}`,
    signal: (name) => void child.kill(name),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
