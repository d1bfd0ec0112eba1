import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNode, stopIfAsked } from './children.mjs';
import { commandOf, root } from './paths.mjs';
import { say } from './say.mjs';
import { StopError } from './stop-error.mjs';

/** What is built; `entry` is the source without which there is nothing to build. */
const parts = {
  web: {
    name: 'web app',
    entry: 'web/index.html',
    sources: ['web', 'contracts', 'vite.config.ts', 'package-lock.json'],
    target: 'web/dist',
    tool: () => [commandOf('vite'), 'build'],
  },
  server: {
    name: 'server',
    entry: 'server/main.ts',
    sources: ['server', 'contracts', 'rolldown.config.ts', 'package-lock.json'],
    target: 'dist/server',
    tool: () => [commandOf('rolldown'), '-c', 'rolldown.config.ts'],
  },
};

/**
 * Builds `web` or `server` when its sources have changed: names, sizes and times of the files tell quickly that
 * nothing did, their contents for sure. `always` builds in any case.
 */
export async function build(node, what, { always = false } = {}) {
  const part = parts[what];
  if (!existsSync(join(root, part.entry))) {
    say(`There is no ${part.name} in this checkout (${part.entry} is missing): going on without it.`);
    return;
  }
  const files = part.sources.flatMap(filesUnder).sort();
  const look = hashOf(files, lookOf);
  const stamp = readStamp(part);
  if (!always && stamp.look === look) return;
  const content = hashOf(files, (path) => readFileSync(path));
  // A fresh checkout or a touch changes times only.
  if (always || stamp.content !== content) await runTool(node, part);
  writeStamp(part, { look, content });
}

async function runTool(node, part) {
  say(`Building the ${part.name}…`);
  const began = Date.now();
  const [file, ...args] = part.tool();
  const env = { NODE_ENV: 'production' };
  const { code, output } = await startNode(node, file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }).ended;
  stopIfAsked();
  if (code !== 0) {
    process.stderr.write(output);
    throw new StopError(`The ${part.name} could not be built (code ${code}; the reason is above).`);
  }
  say(`Built in ${((Date.now() - began) / 1_000).toFixed(1)} s.`);
}

/** Every source file below a path of the checkout; what is built, installed or a test is none. */
function filesUnder(path) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stats) return [];
  if (stats.isFile()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true }).flatMap(({ name }) => {
    if (name === 'dist' || name === 'node_modules' || /\.test\.tsx?$/.test(name)) return [];
    return filesUnder(`${path}/${name}`);
  });
}

function lookOf(path) {
  const { size, mtimeMs, ctimeMs } = statSync(path);
  return `${size} ${mtimeMs} ${ctimeMs}`;
}

function hashOf(files, describe) {
  const hash = createHash('sha256');
  for (const file of files) {
    const description = describe(join(root, file));
    hash.update(`${file}\0${description.length}\0`).update(description);
  }
  return hash.digest('hex');
}

function readStamp(part) {
  try {
    return JSON.parse(readFileSync(stampOf(part), 'utf8'));
  } catch {
    return {};
  }
}

function writeStamp(part, stamp) {
  mkdirSync(join(root, part.target), { recursive: true });
  writeFileSync(stampOf(part), JSON.stringify(stamp));
}

/** It lies in what it describes, which every build empties: a broken build leaves none. */
function stampOf(part) {
  return join(root, part.target, '.daesa-sources');
}
