import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { npm } from './npm.mjs';
import { root } from './paths.mjs';
import { runningServer } from './running.mjs';
import { StopError } from './stop-error.mjs';

const stamp = `${root}node_modules/.daesa-lock`;
const lock = `${root}.daesa-installing`;
/** An install that takes longer has been killed. */
const LONGEST_INSTALL_MS = 15 * 60_000;

function lockfileHash() {
  return createHash('sha256')
    .update(readFileSync(`${root}package-lock.json`))
    .digest('hex');
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockfileHash();
}

/** Installs with `npm ci` when the lockfile is another one than was installed. */
export async function installDependencies() {
  if (isInstalled()) return;
  await takeLock();
  try {
    if (!isInstalled()) await install();
  } finally {
    rmdirSync(lock);
  }
}

async function install() {
  if (existsSync(`${root}node_modules`) && lstatSync(`${root}node_modules`).isSymbolicLink()) {
    process.stderr.write('node_modules is a link to another checkout: it is used as it is.\n');
    return;
  }
  const pid = runningServer();
  if (pid)
    throw new StopError(
      `The dependencies have changed, but a server of this checkout is running (process ${pid}): stop it first.`,
    );
  process.stderr.write('Installing the dependencies (a minute or two, once) ');
  await npm(['ci', '--no-audit', '--no-fund'], root);
  writeFileSync(stamp, lockfileHash());
}

/** Two launchers that start at once must not install over each other: the second one waits. */
async function takeLock() {
  for (let told = false; ; told = true) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (age(lock) > LONGEST_INSTALL_MS) rmdirSync(lock);
    else {
      if (!told) process.stderr.write('Another command is installing the dependencies; waiting for it.\n');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function age(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
