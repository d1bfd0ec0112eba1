import { readFileSync, writeFileSync } from 'node:fs';
import { documents } from './documents.ts';

/** Writes what is generated from the code: `npm run docs`. */
const root = new URL('../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
for (const [path, text] of Object.entries(await documents(readme))) {
  writeFileSync(new URL(path, root), text);
  process.stdout.write(`${path}\n`);
}
