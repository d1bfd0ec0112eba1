import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { startNode, stopIfAsked } from './children.mjs';
import { findNpm } from './npm.mjs';
import { commandOf, root } from './paths.mjs';
import { StopError } from './stop-error.mjs';

/**
 * Builds what the package has: the server with its command, the web app, and the declarations of the package's
 * own entry, which need no other file.
 */
export async function buildPackage(node) {
  for (const part of ['web', 'server']) await build(node, part);
  await runTool(node, commandOf('typescript', 'tsc'), ['-p', 'tsconfig.package.json']);
  const declarations = join(root, 'dist/declarations/server/openai-service.d.ts');
  copyFileSync(declarations, join(root, 'dist/server/openai-service.d.ts'));
}

/** Builds the package and packs it; `args` go to `npm pack`. Gives its exit code. */
export async function packPackage(node, args) {
  await buildPackage(node);
  const { code } = await startNode(process.execPath, findNpm(), ['pack', '--ignore-scripts', ...args]).ended;
  return code;
}

async function runTool(node, file, args) {
  const { code, output } = await startNode(node, file, args, { stdio: ['ignore', 'pipe', 'pipe'] }).ended;
  stopIfAsked();
  if (code === 0) return;
  process.stderr.write(output);
  throw new StopError(`The declarations could not be built (code ${code}; the reason is above).`);
}
