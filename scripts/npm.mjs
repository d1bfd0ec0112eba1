import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StopError } from './stop-error.mjs';

/** npm's own program: the one that runs us, else the one beside Node, else whatever PATH has. */
function npmProgram() {
  const candidates = [
    process.env.npm_execpath,
    join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js'),
    join(dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js'),
  ];
  return candidates.find((path) => path?.endsWith('npm-cli.js') && existsSync(path));
}

/** Runs npm quietly in a folder, with a dot every two seconds; on failure its last lines are shown. */
export async function npm(args, directory) {
  const program = npmProgram();
  const [file, first] = program
    ? [process.execPath, [program]]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
  const child = spawn(file, [...first, ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: !program && process.platform === 'win32',
  });
  let output = '';
  const keep = (data) => {
    output = (output + data).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const dots = setInterval(() => process.stderr.write('.'), 2000);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      keep(error.message);
      resolve(1);
    });
    child.once('close', resolve);
  });
  clearInterval(dots);
  process.stderr.write('\n');
  if (code === 0) return;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(output)) {
    throw new StopError('The npm registry can not be reached: connect to the internet and try again.');
  }
  throw new StopError(
    `npm could not install the dependencies; it said:\n${output.trim().split('\n').slice(-12).join('\n')}`,
  );
}
