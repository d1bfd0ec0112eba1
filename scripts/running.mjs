import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { root } from './paths.mjs';

const marks = `${root}.daesa-running/`;

/** When a process began, in ticks since boot (Linux); '' where the system does not say. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Notes that a server of this checkout runs; gives the function that takes the note back. */
export function markRunning(pid) {
  mkdirSync(marks, { recursive: true });
  writeFileSync(marks + pid, startOf(pid));
  return () => rmSync(marks + pid, { force: true });
}

/** The process id of a running server of this checkout, or undefined. Notes of dead ones are removed. */
export function runningServer() {
  let names = [];
  try {
    names = readdirSync(marks);
  } catch {
    return undefined;
  }
  return names.map(Number).find((pid) => {
    // A process id that is in use again belongs to a process that began at another time.
    const same = isAlive(pid) && readFileSync(marks + pid, 'utf8') === startOf(pid);
    if (!same) rmSync(marks + pid, { force: true });
    return same;
  });
}
