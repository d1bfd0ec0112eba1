// The one way into every npm script. Plain JavaScript, so that any Node from 18 on can read it: it finds or fetches
// a Node that can run Daesa, installs and builds what is missing, and runs the command with it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { build } from './build.mjs';
import { installDependencies } from './install.mjs';
import { chooseNode } from './node-version.mjs';
import { environmentFor, flags, root } from './paths.mjs';
import { serve } from './serve.mjs';
import { StopError } from './stop-error.mjs';

const web = {
  name: 'web app',
  sources: ['web', 'contracts', 'vite.config.ts'],
  target: 'web/dist',
  tool: ['node_modules/vite/bin/vite.js', 'build'],
};
const server = {
  name: 'server',
  sources: ['server', 'contracts', 'rolldown.config.ts'],
  target: 'dist/server',
  tool: ['node_modules/rolldown/bin/cli.mjs', '-c', 'rolldown.config.ts'],
};

/** Runs a program of ours with the chosen Node; gives its exit code. */
function run(node, args) {
  const result = spawnSync(node, [...flags, ...args], { cwd: root, stdio: 'inherit', env: environmentFor(node) });
  if (result.error) throw new StopError(`${args[0]} could not be started: ${result.error.message}`);
  return result.status ?? 1;
}

function check(node) {
  const typescript = ['node_modules/typescript/bin/tsc', '-p'];
  const steps = [
    ['format', ['node_modules/oxfmt/bin/oxfmt', '--check']],
    ['lint and borders', ['node_modules/oxlint/bin/oxlint', '--deny-warnings']],
    ['types of the server', [...typescript, 'tsconfig.json']],
    ['types of the contracts', [...typescript, 'contracts/tsconfig.json']],
    ['types of the web app', [...typescript, 'web/tsconfig.json']],
    ['unused code', ['node_modules/knip/bin/knip.js', '--no-config-hints']],
  ];
  const failed = steps.filter(([name, args]) => {
    process.stdout.write(`check: ${name}\n`);
    return run(node, args) !== 0;
  });
  if (failed.length > 0) process.stdout.write(`check failed: ${failed.map(([name]) => name).join(', ')}\n`);
  else process.stdout.write('check: everything is in order\n');
  return failed.length > 0 ? 1 : 0;
}

const commands = {
  start: async (node) => {
    await build(node, web);
    await build(node, server);
    return serve(node);
  },
  test: async (node, args) => {
    await build(node, web);
    await build(node, server);
    return run(node, ['node_modules/vitest/vitest.mjs', 'run', ...args]);
  },
  check,
  cli: (node, args) => run(node, ['server/cli.ts', ...args]),
  docs: (node, args) => run(node, ['server/generate-docs.ts', ...args]),
  bench: async (node, args) => {
    await build(node, server);
    return run(node, ['bench/run.ts', ...args]);
  },
  'build:web': (node) => build(node, web, { always: true }),
  'build:server': (node) => build(node, server, { always: true }),
  'dev:web': (node, args) => run(node, ['node_modules/vite/bin/vite.js', ...args]),
};

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (!command) throw new StopError(`There is no command "${name}"; there are ${Object.keys(commands).join(', ')}.`);
  if (!existsSync(`${root}package-lock.json`))
    throw new StopError('package-lock.json is missing: this checkout is not whole.');
  const node = await chooseNode();
  await installDependencies(node);
  return command(node, args);
}

try {
  process.exitCode = (await main()) ?? 0;
} catch (error) {
  if (!(error instanceof StopError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
