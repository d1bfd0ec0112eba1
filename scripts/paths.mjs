import { readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this launcher belongs to, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));
/** Home of the pinned Node: a package of its own with its own lockfile. */
export const nodeFolder = join(root, 'scripts', 'node');
/** Marks of what runs, and the lock: outside node_modules, which an install empties. */
export const runningFolder = join(root, '.daesa-running');

/** The file behind the command `name` of an installed package. */
export function commandOf(packageName, name = packageName) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

/** Every file `name` on the PATH, links followed. */
export function searchPath(name, path = process.env.PATH ?? process.env.Path ?? '') {
  const files = path.split(delimiter).map((folder) => join(folder || '.', name));
  return files.filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile()).map((file) => realpathSync(file));
}
