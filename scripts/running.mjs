import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runningFolder } from './paths.mjs';
import { identify, isRunning, pidOf } from './processes.mjs';

/**
 * Notes that process `pid` uses this checkout's node_modules as `command`: an empty file `COMMAND@PID-START`,
 * so that a half-written mark cannot exist. It is taken away when the launcher ends; a mark whose process
 * is gone counts for nothing.
 */
export function mark(command, pid) {
  const identity = identify(pid);
  if (identity === undefined) return;
  listRunning();
  const file = join(runningFolder, `${command.replace(':', '-')}@${identity}`);
  try {
    mkdirSync(runningFolder, { recursive: true });
    writeFileSync(file, '');
  } catch (error) {
    // In a read-only checkout nobody can install either.
    if (isReadOnly(error)) return;
    throw error;
  }
  process.on('exit', () => rmSync(file, { force: true }));
}

/** What runs from this checkout, as `{ command, pid }`; marks left behind by the dead are cleared. */
export function listRunning() {
  const alive = [];
  for (const name of marksIn(runningFolder)) {
    const [command, identity] = name.split('@');
    if (isRunning(identity)) alive.push({ command, pid: pidOf(identity) });
    else rmSync(join(runningFolder, name), { force: true });
  }
  return alive;
}

export function isReadOnly(error) {
  return ['EROFS', 'EACCES', 'EPERM'].includes(error.code);
}

function marksIn(folder) {
  try {
    return readdirSync(folder).filter((name) => name.includes('@'));
  } catch {
    return [];
  }
}
