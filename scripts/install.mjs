import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stopIfAsked } from './children.mjs';
import { runNpm } from './npm.mjs';
import { root } from './paths.mjs';
import { listRunning } from './running.mjs';
import { say, showProgress } from './say.mjs';
import { StopError } from './stop-error.mjs';

/** Brings node_modules to what package-lock.json says. */
export async function installDependencies() {
  if (isInstalled(root)) return;
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    say('node_modules is a link to another checkout: it is used as it is.');
    return;
  }
  await install(root, ['ci'], 'Installing the dependencies (a minute or two; once, and when they change)…');
}

/** Whether node_modules of `folder` came whole from the lockfile that is there now. */
export function isInstalled(folder) {
  return readStamp(folder) === lockfileHash(folder);
}

/**
 * Installs what the lockfile of `folder` says by the npm `command`; `why` is the line that announces it. It stops
 * where a process of this checkout still uses what an install replaces.
 */
export async function install(folder, command, why) {
  refuseUnderRunning();
  say(why);
  // A half-made node_modules has no stamp.
  rmSync(stampOf(folder), { force: true });
  const hash = lockfileHash(folder);
  const began = Date.now();
  let answers = 0;
  const endProgress = showProgress(() => `  ${countInstalled(folder)}, ${answers} looked up, ${seconds(began)} s`);
  const result = await runNpm(folder, command, (more) => (answers += more)).finally(endProgress);
  stopIfAsked();
  const left = missing(folder);
  // To npm, an optional package that could not be fetched is a success.
  if (result.code !== 0 || left.length > 0) throw failure(result, left);
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(stampOf(folder), hash);
  say(`Installed in ${seconds(began)} s.`);
}

function refuseUnderRunning() {
  const [user] = listRunning();
  if (!user) return;
  const who = user.command === 'start' ? 'a server' : `"${user.command}"`;
  throw new StopError(
    `New dependencies have to be installed, but ${who} of this checkout is running on them (pid ${user.pid}): stop it first.`,
  );
}

function failure({ code, reason, output }, left) {
  if (reason) {
    return new StopError(`The npm registry can't be reached (${reason}): connect to the network and run this again.`);
  }
  if (code === 0) return new StopError(`npm left out what is needed here: ${left.join(', ')}; run this again.`);
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!)/.test(line));
  process.stderr.write(`${lines.slice(0, 20).join('\n')}\n`);
  return new StopError(`npm could not install the dependencies (code ${code}; its words are above).`);
}

function lockfileHash(folder) {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex');
}

function readStamp(folder) {
  return existsSync(stampOf(folder)) ? readFileSync(stampOf(folder), 'utf8') : undefined;
}

function stampOf(folder) {
  return join(folder, 'node_modules', '.daesa-lock');
}

function seconds(began) {
  return Math.round((Date.now() - began) / 1_000);
}

function countInstalled(folder) {
  const { length } = wanted(folder);
  return `${length - missing(folder).length} of ${length} packages there`;
}

function missing(folder) {
  return wanted(folder).filter((path) => !existsSync(join(folder, path, 'package.json')));
}

/** The packages of the lockfile that this kind of machine gets for sure; an optional one without traits it may not. */
function wanted(folder) {
  const here = { os: process.platform, cpu: process.arch, libc: libcHere() };
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  return Object.keys(packages).filter((path) => {
    const described = packages[path];
    const meant = path !== '' && (!described.optional || described.os !== undefined);
    return meant && Object.keys(here).every((trait) => allows(described[trait], here[trait]));
  });
}

/** `glibc` or `musl`, which npm tells apart on Linux. */
function libcHere() {
  if (process.platform !== 'linux') return undefined;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}

function allows(list, value) {
  if (list === undefined) return true;
  const names = [list].flat();
  return names.includes(value) || (names.some((name) => name.startsWith('!')) && !names.includes(`!${value}`));
}
