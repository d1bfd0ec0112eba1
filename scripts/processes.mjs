import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Names a process for good: `PID-START`. A pid alone comes back after a crash or a restart of the machine.
 * Undefined when no such process runs.
 */
export function identify(pid) {
  const start = startOf(pid);
  return start === undefined ? undefined : `${pid}-${start}`;
}

export function isRunning(identity) {
  const pid = pidOf(identity);
  return exists(pid) && identify(pid) === identity;
}

export function pidOf(identity) {
  return Number.parseInt(identity, 10);
}

function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** When it began, as digits that only have to stay the same; Windows has no cheap answer, so there `0`. */
function startOf(pid) {
  if (process.platform === 'linux') return startOnLinux(pid);
  if (process.platform === 'win32') return '0';
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout?.trim() ? String(Date.parse(stdout.trim())) : undefined;
}

function startOnLinux(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets, which may hold spaces and brackets of its own.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
