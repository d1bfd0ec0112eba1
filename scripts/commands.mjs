import { build } from './build.mjs';
import { runChecks } from './check.mjs';
import { startNode, stopIfAsked, wasStopped } from './children.mjs';
import { installDependencies } from './install.mjs';
import { withLock } from './lock.mjs';
import { chooseNode } from './node-version.mjs';
import { buildPackage, packPackage } from './package.mjs';
import { commandOf } from './paths.mjs';
import { mark } from './running.mjs';

/** What can be run; each gives the exit code. */
export const commands = {
  start,
  test: (args) => run('test', ['web', 'server'], () => [commandOf('vitest'), 'run', ...args]),
  check,
  cli: (args) => run('cli', [], () => ['server/cli.ts', ...args]),
  bench: (args) => run('bench', ['web', 'server'], () => ['bench/run.ts', ...args]),
  'prices:check': () => run('prices:check', [], () => ['server/spend/check-prices.ts']),
  docs: (args) => run('docs', [], () => ['server/generate-docs.ts', ...args]),
  'build:web': () => buildAlways('web'),
  'build:server': () => buildAlways('server'),
  'build:package': () => withLock(async () => buildPackage(await prepare([]))).then(() => 0),
  package: (args) => withLock(async () => packPackage(await prepare([]), args)),
  'dev:web': (args) => run('dev:web', [], () => [commandOf('vite'), ...args]),
};

// glibc keeps an arena a thread and gives nothing back by itself: 10 MB of an idle server (mallopt(3)).
const memorySettings = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536' };

/** The server also gets a channel, by whose end it notices that its launcher is gone. */
async function start(args) {
  const { code, signal } = await runPrepared('start', ['web', 'server'], (node) =>
    startNode(node, 'dist/server/main.js', args, {
      env: { NODE_ENV: process.env.NODE_ENV || 'production', ...memorySettings },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    }),
  );
  return wasStopped(signal) ? 0 : code;
}

async function run(name, parts, program) {
  const { code } = await runPrepared(name, parts, (node) => {
    const [file, ...args] = program();
    return startNode(node, file, args);
  });
  return code;
}

/** The lock is held until the child has its mark, so that nobody installs between our look and its start. */
async function runPrepared(name, parts, begin) {
  const child = await withLock(async () => {
    const begun = begin(await prepare(parts));
    if (begun.pid !== undefined) mark(name, begun.pid);
    return begun;
  });
  return child.ended;
}

async function check() {
  const node = await withLock(async () => {
    const chosen = await prepare([]);
    mark('check', process.pid);
    return chosen;
  });
  return runChecks(node);
}

async function buildAlways(part) {
  await withLock(async () => build(await prepare([]), part, { always: true }));
  return 0;
}

/** Brings what is missing; gives the Node to run with. */
async function prepare(parts) {
  const node = await chooseNode();
  await installDependencies();
  for (const part of parts) await build(node, part);
  stopIfAsked();
  return node;
}
