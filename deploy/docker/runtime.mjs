/**
 * Copies what the built server needs to run, and nothing else, to the folder given: `node runtime.mjs FOLDER`.
 * The build holds most of what it stands on; what it finds by name (`external` in rolldown.config.ts) goes along
 * with its own dependencies.
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = process.argv[2];
if (!target) throw new Error('runtime.mjs takes the folder to fill');

const external = ['pino', 'gpt-tokenizer'];

/** A package, where Node would find it from `from`, and everything that it needs in turn. */
function copyPackage(name, from, copied) {
  let folder = from;
  while (!existsSync(join(folder, 'node_modules', name, 'package.json'))) {
    if (folder === dirname(folder)) throw new Error(`${name} is not installed`);
    folder = dirname(folder);
  }
  const path = join(folder, 'node_modules', name);
  if (copied.has(path)) return;
  copied.add(path);
  cpSync(path, join(target, path.slice(root.length)), {
    recursive: true,
    dereference: true,
    filter: (file) => !/\.(map|md|d\.[cm]?ts)$/.test(file),
  });
  const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies)) copyPackage(dependency, path, copied);
}

mkdirSync(target, { recursive: true });
for (const name of ['dist/server', 'web/dist', 'package.json']) {
  cpSync(join(root, name), join(target, name), { recursive: true });
}
const copied = new Set();
for (const name of external) copyPackage(name, root, copied);
// Of ReDoc and Swagger UI only what a page loads is served.
for (const file of [
  'redoc/package.json',
  'redoc/bundles/redoc.standalone.js',
  '@fastify/swagger-ui/package.json',
  '@fastify/swagger-ui/static/swagger-ui.css',
  '@fastify/swagger-ui/static/swagger-ui-bundle.js',
]) {
  cpSync(join(root, 'node_modules', file), join(target, 'node_modules', file));
}
