import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from './paths.mjs';

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
/** What runs, and the signal that ends it in place of the one that came. */
const children = new Map();
let lastSignalAt = -Infinity;
let stopSignal;

/**
 * Passes a stop signal on to what runs, and leaves at once when nothing does. A repeat within a second is
 * the same signal, come once from the terminal's group and once through npm.
 */
export function leaveOnSignals() {
  for (const signal of stopSignals) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - lastSignalAt < 1_000) return;
      lastSignalAt = now;
      stopSignal = signal;
      if (children.size === 0) process.exit(codeOf(signal));
      for (const [child, instead] of children) passOn(child, instead ?? signal);
    });
  }
}

function passOn(child, signal) {
  // Windows cannot send a signal, only end a process; it tells everyone at the console itself.
  if (process.platform !== 'win32') child.kill(signal);
  else if (child.connected) child.disconnect();
}

/**
 * Runs `file` under the chosen Node, with that Node first on the PATH of whatever it runs itself: its pid,
 * and a promise of how it `ended` (see startChild).
 */
export function startNode(node, file, args, { env = {}, flags = [], stdio = 'inherit' } = {}) {
  // No warning about what Node calls experimental reaches the person who only uses it.
  return startChild(node, ['--disable-warning=ExperimentalWarning', ...flags, file, ...args], {
    cwd: root,
    stdio,
    env: {
      ...withPath(process.env, dirname(node)),
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(root, 'node_modules', '.cache', 'node-compile'),
      ...env,
    },
  });
}

/**
 * `ended` gives its exit code (128 + n after signal n), that signal, and what it printed where that is piped;
 * `onOutput` sees that as it comes; `end` ends it; `stopWith` is the signal to stop it with, whichever came.
 */
export function startChild(command, args, { onOutput, stopWith, ...options }) {
  const child = spawn(command, args, options);
  children.set(child, stopWith);
  return { pid: child.pid, end: () => child.kill(), ended: waitFor(child, onOutput) };
}

async function waitFor(child, onOutput) {
  let output = '';
  const keep = (text) => {
    output += text;
    onOutput?.(text);
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', keep);
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  children.delete(child);
  return { code: code ?? codeOf(signal), signal, output };
}

/** After a stop signal nothing new begins. */
export function stopIfAsked() {
  if (stopSignal !== undefined) process.exit(codeOf(stopSignal));
}

/** Whether the child ended by the very signal it was asked to stop with, before it could listen. */
export function wasStopped(signal) {
  return stopSignal !== undefined && stopSignals.includes(signal);
}

function codeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

function withPath(env, folder) {
  const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return { ...env, [key]: env[key] ? `${folder}${delimiter}${env[key]}` : folder };
}
