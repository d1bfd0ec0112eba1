import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshPlace } from './server.ts';

const main = fileURLToPath(new URL('../server/main.ts', import.meta.url));

type Place = Awaited<ReturnType<typeof freshPlace>>;

export interface ServerProcess {
  child: ChildProcess;
  place: Place;
  /** Everything it has written so far. */
  stdout(): string;
  stderr(): string;
  /** Its address; rejects with what it said where it ends before. */
  ready: Promise<string>;
  /** Exit code, or the signal that ended it. */
  ended: Promise<number | string>;
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

interface HowToStart {
  /** `server/main.ts`, unless it is a built one. */
  program?: string;
  /** A command that runs the rest of its line, such as `unshare -m`. */
  wrapper?: string[];
}

/** The real server on a port and in a place of its own. */
export async function startProcess(
  env: Record<string, string> = {},
  on?: Place,
  { program = main, wrapper = [] }: HowToStart = {},
): Promise<ServerProcess> {
  const place = on ?? (await freshPlace());
  const [file, ...words] = [...wrapper, process.execPath, program];
  const child = spawn(file!, words, {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      DATA_DIR: place.dataDir,
      LOCAL_PROVIDER: 'off',
      // The second process of a run finds the first one's modules compiled.
      NODE_COMPILE_CACHE: join(tmpdir(), 'daesa-test-compile-cache'),
      ...(place.databaseUrl ? { DATABASE_URL: place.databaseUrl } : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = once(child, 'close').then(([code, signal]) => {
    if (!on) rmSync(place.dataDir, { recursive: true, force: true });
    return (code ?? signal) as number | string;
  });
  const ready = new Promise<string>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const address = /Daesa is ready at (\S+)\n/.exec(stderr)?.[1];
      if (address) resolve(address);
    });
    void ended.then(() => reject(new Error(`the server ended before it was ready: ${stderr}`)));
  });
  // Tests of failing starts look at `ended` alone.
  ready.catch(() => undefined);
  return {
    child,
    place,
    stdout: () => stdout,
    stderr: () => stderr,
    ready,
    ended,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}
