import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { environmentFor, flags, root } from './paths.mjs';
import { markRunning } from './running.mjs';

/** V8 keeps this much room for young objects; its default of 16 MB a thread would be most of what an idle server holds. */
const memoryFlags = ['--max-semi-space-size=8'];

/**
 * Runs the server until it ends and gives its exit code. It gets every signal once more from here (it takes repeats
 * within a second as one), and a channel whose end tells it that this launcher is gone.
 */
export function serve(node) {
  const child = spawn(node, [...flags, ...memoryFlags, 'dist/server/main.js'], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { NODE_ENV: 'production', ...environmentFor(node) },
  });
  const unmark = child.pid ? markRunning(child.pid) : () => {};
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      unmark();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
