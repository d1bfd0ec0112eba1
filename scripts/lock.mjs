import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isReadOnly } from './running.mjs';
import { runningFolder } from './paths.mjs';
import { identify, isRunning, pidOf } from './processes.mjs';
import { say } from './say.mjs';

// The lock is a folder that holds one file named after its holder's PID-START. It is made elsewhere and moved
// into place, so it never exists without a holder's name in it for others to misread; a dead holder is removed
// by that name, so a living one that came meanwhile stays untouched.
const lock = join(runningFolder, 'lock');

/** Runs `work` while no other launcher of this checkout looks, installs or builds. */
export async function withLock(work) {
  const release = await takeLock();
  process.on('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

async function takeLock() {
  const me = identify(process.pid);
  const prepared = join(runningFolder, `lock-${me}`);
  try {
    mkdirSync(prepared, { recursive: true });
    writeFileSync(join(prepared, me), '');
  } catch (error) {
    if (isReadOnly(error)) return () => undefined;
    throw error;
  }
  const abandon = () => rmSync(prepared, { recursive: true, force: true });
  process.on('exit', abandon);
  const began = Date.now();
  let told = false;
  while (!moveIntoPlace(prepared)) {
    const holder = livingHolder();
    if (holder !== undefined && !told && Date.now() - began > 500) {
      told = true;
      say(`Another start of this checkout (pid ${pidOf(holder)}) is installing or building: waiting for it…`);
    }
    await sleep(holder === undefined ? 5 : 50);
  }
  process.off('exit', abandon);
  return () => letGo(me);
}

function moveIntoPlace(prepared) {
  try {
    renameSync(prepared, lock);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code)) throw error;
    return false;
  }
}

/** The holder's identity while it lives; a dead one is removed. */
function livingHolder() {
  let names;
  try {
    names = readdirSync(lock);
  } catch {
    return undefined;
  }
  if (names.length > 0 && isRunning(names[0])) return names[0];
  letGo(names[0]);
  return undefined;
}

function letGo(holder) {
  try {
    if (holder !== undefined) unlinkSync(join(lock, holder));
    // Fails, rightly, when the next holder is there already.
    rmdirSync(lock);
  } catch {
    // Someone else removed it first, or holds it now.
  }
}
