import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The real launcher runs a small checkout: its npm packages are folders inside it, so nothing is fetched.

const ours = fileURLToPath(new URL('..', import.meta.url));
const rootsToRemove: string[] = [];
const started = new Set<ChildProcess>();
let template: string;

const tools = {
  vite: `import { appendFileSync, mkdirSync, rmSync } from 'node:fs';
rmSync('web/dist', { recursive: true, force: true });
mkdirSync('web/dist', { recursive: true });
appendFileSync('builds.log', 'web\\n');`,
  rolldown: `import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
rmSync('dist/server', { recursive: true, force: true });
mkdirSync('dist/server', { recursive: true });
writeFileSync('dist/server/main.js', "import '../../server/main.ts';");
appendFileSync('builds.log', 'server\\n');`,
  vitest: `console.log(process.argv.slice(2).join(' '));
console.log('2 passed, 0 failed');`,
};

const server = `import { appendFileSync } from 'node:fs';
import { onStop } from './launcher.ts';
setInterval(() => undefined, 60_000);
onStop(() => {
  appendFileSync('stops.log', 'stop\\n');
  setTimeout(() => process.exit(Number(process.env.SERVER_CODE ?? 0)), Number(process.env.DRAIN_MS ?? 200));
});
console.log(\`ready \${process.pid} \${process.env.NODE_ENV}\`);`;

const cli = `console.log(process.execPath, process.env.PATH);
process.exit(Number(process.argv[2] ?? 0));`;

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function makeCheckout(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'daesa-launcher-')));
  rootsToRemove.push(root);
  cpSync(join(ours, 'scripts'), join(root, 'scripts'), {
    recursive: true,
    filter: (path) => !path.includes('node_modules') && !path.endsWith('.ts'),
  });
  cpSync(join(ours, 'server', 'launcher.ts'), join(root, 'server', 'launcher.ts'));
  write(root, 'server/main.ts', server);
  write(root, 'server/cli.ts', cli);
  write(root, 'web/index.html', '<p>1</p>');
  const scripts = { start: 'exec node scripts/run.mjs start' };
  const devDependencies: Record<string, string> = {};
  const packages: Record<string, object> = {};
  for (const [name, code] of Object.entries(tools)) {
    const manifest = { name, version: '1.0.0', type: 'module', bin: { [name]: 'tool.js' } };
    write(root, `tools/${name}/package.json`, JSON.stringify(manifest));
    write(root, `tools/${name}/tool.js`, code);
    devDependencies[name] = `file:tools/${name}`;
    packages[`node_modules/${name}`] = { resolved: `tools/${name}`, link: true };
    packages[`tools/${name}`] = { version: '1.0.0', dev: true, bin: { [name]: 'tool.js' } };
  }
  const own = { name: 'checkout', version: '1.0.0' };
  write(root, 'package.json', JSON.stringify({ ...own, type: 'module', scripts, devDependencies }));
  const lock = {
    ...own,
    lockfileVersion: 3,
    requires: true,
    packages: { '': { ...own, devDependencies }, ...packages },
  };
  write(root, 'package-lock.json', JSON.stringify(lock));
  return root;
}

/** A checkout with its dependencies installed by the launcher. */
function copyCheckout(): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'daesa-launcher-')));
  rootsToRemove.push(root);
  cpSync(template, root, { recursive: true, verbatimSymlinks: true });
  return root;
}

function changeLockfile(root: string): void {
  appendFileSync(join(root, 'package-lock.json'), '\n');
}

function linesOf(root: string, file: string): string[] {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

/** What runs the tests must not decide what the launcher finds: npm's own variables go, a quiet npm comes. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|VITEST|CI$)/i.test(name))),
  npm_config_update_notifier: 'false',
};

interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

function begin(root: string, command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...env },
  });
  started.add(child);
  return child;
}

async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

function run(root: string, args: string[], env?: Record<string, string>, node = process.execPath): Promise<Finished> {
  return finish(begin(root, node, ['scripts/run.mjs', ...args], env));
}

interface RunningServer {
  child: ChildProcess;
  pid: number;
  mode: string;
  finished: Promise<Finished>;
}

/** Starts the server by the launcher, or by npm; resolves when it is ready. */
async function startServer(root: string, by: 'npm' | 'launcher', env?: Record<string, string>): Promise<RunningServer> {
  const [command, args] =
    by === 'npm' ? ['npm', ['start', '--silent']] : [process.execPath, ['scripts/run.mjs', 'start']];
  const child = begin(root, command, args, env);
  const finished = finish(child);
  let text = '';
  const [, pid, mode] = await new Promise<string[]>((resolve, reject) => {
    child.stdout!.on('data', (data: string) => {
      text += data;
      const ready = text.match(/ready (\d+) (\w+)/);
      if (ready) resolve(ready);
    });
    void finished.then(({ code, stderr }) => reject(new Error(`It ended with ${code} before it was ready: ${stderr}`)));
  });
  return { child, pid: Number(pid), mode: mode!, finished };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that nobody waited for is dead all the same.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function fileAppears(root: string, file: string): Promise<void> {
  if (existsSync(join(root, file))) return;
  const watcher = watch(root);
  try {
    while (!existsSync(join(root, file))) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

beforeAll(async () => {
  template = makeCheckout();
  const { code, stderr } = await run(template, ['cli']);
  if (code !== 0) throw new Error(`The first install failed: ${stderr}`);
});

afterAll(() => {
  for (const { pid, exitCode, signalCode } of started) {
    if (exitCode === null && signalCode === null) process.kill(-pid!, 'SIGKILL');
  }
  for (const root of rootsToRemove) rmSync(root, { recursive: true, force: true });
});

describe.concurrent('installing', () => {
  test('dependencies are installed when the lockfile changes, and then not again', async () => {
    const root = copyCheckout();
    expect((await run(root, ['cli'])).stderr).toBe('');
    changeLockfile(root);
    expect((await run(root, ['cli'])).stderr).toContain('Installing the dependencies');
    expect((await run(root, ['cli'])).stderr).toBe('');
  });

  test('two commands that start at once install once', async () => {
    const root = copyCheckout();
    changeLockfile(root);
    const both = await Promise.all([run(root, ['cli']), run(root, ['cli'])]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.filter(({ stderr }) => stderr.includes('Installing the dependencies'))).toHaveLength(1);
  });

  test('a running server keeps its dependencies: the install is refused in one sentence that names it', async () => {
    const root = copyCheckout();
    const { pid, child, finished } = await startServer(root, 'launcher');
    changeLockfile(root);
    const { code, stderr } = await run(root, ['cli']);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(`(pid ${pid})`)]);
    child.kill('SIGTERM');
    await finished;
    expect((await run(root, ['cli'])).code).toBe(0);
  });

  test('what a dead process left behind stands in nobody’s way', async () => {
    const root = copyCheckout();
    changeLockfile(root);
    // This process is alive, but it is not the one that began at tick 1.
    write(root, `.daesa-running/start@${process.pid}-1`, '');
    write(root, `.daesa-running/lock/${process.pid}-1`, '');
    const { code, stderr } = await run(root, ['cli']);
    expect({ code, refused: stderr.includes('stop it first') }).toEqual({ code: 0, refused: false });
    expect(existsSync(join(root, `.daesa-running/start@${process.pid}-1`))).toBe(false);
  });
});

describe.concurrent('building', () => {
  test('only what changed is built, and a new time alone is no change', async () => {
    const root = copyCheckout();
    await run(root, ['test']);
    expect(linesOf(root, 'builds.log')).toEqual(['web', 'server']);
    utimesSync(join(root, 'web/index.html'), 1, 1);
    expect((await run(root, ['test'])).stderr).toBe('');
    write(root, 'web/index.html', '<p>2</p>');
    await run(root, ['test']);
    expect(linesOf(root, 'builds.log')).toEqual(['web', 'server', 'web']);
  });

  test('a checkout without a web app says so and goes on', async () => {
    const root = copyCheckout();
    rmSync(join(root, 'web'), { recursive: true });
    const { code, stderr } = await run(root, ['test']);
    expect(code).toBe(0);
    expect(stderr).toContain('web/index.html is missing');
    expect(linesOf(root, 'builds.log')).toEqual(['server']);
  });
});

describe.concurrent('running', () => {
  test('the tests get their arguments, and their last line stays the last', async () => {
    const { stdout } = await run(copyCheckout(), ['test', '--bail', '1']);
    expect(stdout.trimEnd().split('\n')).toEqual(['run --bail 1', '2 passed, 0 failed']);
  });

  test('a command’s exit code is passed on', async () => {
    expect((await run(copyCheckout(), ['cli', '7'])).code).toBe(7);
  });

  test('an unknown command is refused with the known ones', async () => {
    const { code, stderr } = await run(copyCheckout(), ['deploy']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^There is no command .*start, test/) });
  });
});

describe('stopping', () => {
  const ways: [string, 'npm' | 'launcher', NodeJS.Signals, (pid: number) => number][] = [
    ['the launcher', 'launcher', 'SIGTERM', (pid) => pid],
    ['npm', 'npm', 'SIGTERM', (pid) => pid],
    ['the group of npm, as a terminal does', 'npm', 'SIGINT', (pid) => -pid],
    ['the group when the terminal closes', 'launcher', 'SIGHUP', (pid) => -pid],
  ];
  test.each(ways)('the server hears a stop once and ends with 0: %s is signalled', async (_, by, signal, target) => {
    const root = copyCheckout();
    const { child, pid, mode, finished } = await startServer(root, by);
    process.kill(target(child.pid!), signal);
    const { code } = await finished;
    expect({ code, stops: linesOf(root, 'stops.log'), alive: isAlive(pid), mode }).toEqual({
      code: 0,
      stops: ['stop'],
      alive: false,
      mode: 'production',
    });
  });

  test('the launcher ends with the server’s exit code', async () => {
    const { child, finished } = await startServer(copyCheckout(), 'launcher', { SERVER_CODE: '3' });
    child.kill('SIGTERM');
    expect((await finished).code).toBe(3);
  });

  test('a server whose launcher is killed drains and ends by itself', async () => {
    const root = copyCheckout();
    const { child, pid, finished } = await startServer(root, 'launcher');
    child.kill('SIGKILL');
    await fileAppears(root, 'stops.log');
    // Its end closes the output that it shares with the launcher; the process itself is gone a moment later.
    await finished;
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(linesOf(root, 'stops.log')).toEqual(['stop']);
  });

  test('a second stop, later than a second after the first, ends the server at once', async () => {
    const root = copyCheckout();
    const { child, finished } = await startServer(root, 'launcher', { DRAIN_MS: '60000' });
    child.kill('SIGTERM');
    await fileAppears(root, 'stops.log');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    child.kill('SIGTERM');
    expect((await finished).code).toBe(1);
  });
});

function findOldNode(): string | undefined {
  const nodes = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  return nodes.find((node) => {
    const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.match(/^v(\d+)\./)?.[1];
    return version !== undefined && Number(version) >= 18 && Number(version) < 24;
  });
}

const oldNode = findOldNode();
if (!oldNode) process.stderr.write('No Node between 18 and 23 is on the PATH: how it is replaced is not tested.\n');

describe.skipIf(!oldNode)('a system with an older Node', { concurrent: true }, () => {
  /** A PATH on which the older Node and npm are all that is new enough for nothing. */
  const oldPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !existsSync(join(folder, 'node')) || folder === dirname(oldNode ?? ''))
    .join(delimiter);

  /** The pinned Node's place in a checkout, filled with the Node that runs this. */
  function placePinned(root: string): string {
    const name = `node-linux-${process.arch}`;
    const pinned = join(root, 'scripts/node/node_modules', name, 'bin/node');
    mkdirSync(dirname(pinned), { recursive: true });
    symlinkSync(process.execPath, pinned);
    const lock = readFileSync(join(root, 'scripts/node/package-lock.json'));
    write(root, 'scripts/node/node_modules/.daesa-lock', createHash('sha256').update(lock).digest('hex'));
    return pinned;
  }

  test('runs everything with the pinned Node, which comes first on the PATH', async () => {
    const root = copyCheckout();
    const pinned = placePinned(root);
    const { code, stdout } = await run(root, ['cli'], { PATH: oldPath }, oldNode);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${process.execPath} ${dirname(pinned)}:${oldPath}\n` });
  });

  test('takes a new enough Node further down the PATH before it fetches one', async () => {
    const path = `${oldPath}${delimiter}${dirname(process.execPath)}`;
    const { code, stdout } = await run(copyCheckout(), ['cli'], { PATH: path }, oldNode);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(`^${process.execPath} `) });
  });

  test('stops with one sentence when the pinned Node can’t be fetched', async () => {
    const offline = { PATH: oldPath, npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };
    const cache = { npm_config_cache: join(copyCheckout(), 'npm-cache') };
    const { code, stderr } = await run(copyCheckout(), ['cli'], { ...offline, ...cache }, oldNode);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining('Node 24 is needed, yours is'),
      expect.stringContaining("can't be reached (ECONNREFUSED)"),
    ]);
  });
});
