import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PostgresServer {
  url: string;
  pid: number;
  directory: string;
  /** Breaks it off as a crash would, and starts it again. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT, to all of its processes: it is there, and answers nothing. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** The folder of the newest PostgreSQL (15 or newer) on this machine, or undefined. */
export function findPostgres(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root)
    ? readdirSync(root)
        .map(Number)
        .filter((version) => version >= 15)
    : [];
  const newest = versions.toSorted((one, other) => other - one)[0];
  return newest && existsSync(`${root}/${newest}/bin/initdb`) ? `${root}/${newest}/bin` : undefined;
}

/** A port of loopback that nobody listens at now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Who runs it: it refuses root, so root lends it a user. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
  return { uid: uid!, gid: gid! };
}

/** Starts a PostgreSQL of its own in a temporary folder. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-postgres-'));
  const { uid, gid } = owner();
  if (uid !== undefined) chownSync(directory, uid, gid!);
  const quietly = { stdio: 'ignore', cwd: directory, uid, gid } as const;
  const data = `${directory}/data`;
  execFileSync(
    `${bin}/initdb`,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
    quietly,
  );
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${directory}`,
    'max_connections=200',
    'fsync=off',
  ];
  const launch = () =>
    spawn(`${bin}/postgres`, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], quietly);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const untilReady = () => answers(`${bin}/pg_isready`, ['-h', '127.0.0.1', '-p', String(port)]);
  let child = launch();
  const end = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    execFileSync(`${bin}/pg_ctl`, ['-D', data, '-m', 'immediate', 'stop'], quietly);
    await ended;
  };
  await untilReady();
  return {
    url,
    pid: child.pid!,
    directory,
    restart: async () => {
      await end();
      child = launch();
      await untilReady();
    },
    signal: (name) => {
      for (const pid of familyOf(child.pid!)) process.kill(pid, name);
    },
    stop: async () => {
      await end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A process and everything that it has started. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

async function answers(file: string, args: string[]): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      execFileSync(file, args, { stdio: 'ignore' });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('PostgreSQL did not start within 10 s');
}
