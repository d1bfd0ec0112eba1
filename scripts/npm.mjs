import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startChild } from './children.mjs';
import { searchPath } from './paths.mjs';
import { mark } from './running.mjs';
import { StopError } from './stop-error.mjs';

const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

const fromCache = /^http cache|\(cache (hit|stale)\)/;

// Said as arguments, because NODE_ENV=production or an `omit` in the environment would leave out what builds the
// web app, and `--silent` would hide why an install failed.
const choices = [
  '--include=dev',
  '--include=optional',
  '--ignore-scripts',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--no-progress',
  '--no-update-notifier',
  '--loglevel=http',
  `--fetch-retries=${process.env.npm_config_fetch_retries ?? 3}`,
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=8000',
];

/**
 * Runs npm in a folder: how it ended, all it printed, and the network error among that, if any. `onAnswers` gets
 * how many more answers came, from the registry or npm's own store of them.
 */
export async function runNpm(folder, command, onAnswers) {
  let online = false;
  const npm = startChild(process.execPath, [findNpm(), ...command, ...choices], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // Asked politely, npm installs to the end and then takes all of it back.
    stopWith: 'SIGKILL',
    onOutput: (text) => {
      const answers = text.match(/http (fetch GET 2|cache) ?.*/g) ?? [];
      onAnswers(answers.length);
      online ||= answers.some((line) => !fromCache.test(line));
      // Without a network npm goes on to wait for every single optional package.
      if (!online && /attempt [3-9] failed with E/.test(text)) npm.end();
    },
  });
  // npm outlives a launcher that is killed: the next launcher must not install beside it.
  if (npm.pid !== undefined) mark('install', npm.pid);
  const { code, output } = await npm.ended;
  return { code, reason: output.match(unreachable)?.[0], output };
}

/** npm's own program, so that no shell and no `npm.cmd` stands between: the one that runs us, or the one beside Node. */
export function findNpm() {
  const besideNode = dirname(process.execPath);
  const candidates = [
    process.env.npm_execpath,
    join(besideNode, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(besideNode, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    ...searchPath('npm'),
  ];
  const found = candidates.find((file) => file?.endsWith('npm-cli.js') && existsSync(file));
  if (!found) throw new StopError('npm is not installed here: install it beside Node, then run this again.');
  return found;
}
