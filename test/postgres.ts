import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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

/** It stands in a folder that not every PATH has. */
const runuser = ['/usr/sbin/runuser', '/sbin/runuser'].find((path) => existsSync(path)) ?? 'runuser';

/** A port of loopback that nobody listens at now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a PostgreSQL of its own in a temporary folder. It refuses to run as root, so root lends it a user. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-postgres-'));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    chownSync(directory, uid!, gid!);
    chmodSync(directory, 0o700);
  }
  const command = (name: string, args: string[]): [string, string[]] =>
    asRoot ? [runuser, ['-u', 'postgres', '--', `${bin}/${name}`, ...args]] : [`${bin}/${name}`, args];
  const data = `${directory}/data`;
  execFileSync(
    ...command('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']),
    {
      stdio: 'ignore',
      cwd: directory,
    },
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
    spawn(...command('postgres', ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]), {
      stdio: 'ignore',
      cwd: directory,
    });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const isReady = command('pg_isready', ['-h', '127.0.0.1', '-p', String(port)]);
  let child = launch();
  const end = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    execFileSync(...command('pg_ctl', ['-D', data, '-m', 'immediate', 'stop']), { stdio: 'ignore', cwd: directory });
    await ended;
  };
  await untilReady(isReady);
  return {
    url,
    pid: child.pid!,
    directory,
    restart: async () => {
      await end();
      child = launch();
      await untilReady(isReady);
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

async function untilReady([file, args]: [string, string[]]): Promise<void> {
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
