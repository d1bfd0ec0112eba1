import { startNode, stopIfAsked } from './children.mjs';
import { commandOf } from './paths.mjs';
import { say } from './say.mjs';

/** Runs every check, however the earlier ones end, and says which failed: the exit code. */
export async function runChecks(node) {
  const failed = [];
  for (const [name, file, args] of checks()) {
    const began = Date.now();
    const { code } = await startNode(node, file, args).ended;
    stopIfAsked();
    if (code !== 0) failed.push(name);
    say(`${name}: ${code === 0 ? 'in order' : 'FAILED'} (${((Date.now() - began) / 1_000).toFixed(1)} s)`);
  }
  say(failed.length === 0 ? 'All checks are in order.' : `Checks failed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}

function checks() {
  const types = ['tsconfig.json', 'contracts/tsconfig.json', 'web/tsconfig.json', 'test/journeys/tsconfig.json'];
  return [
    ['format', commandOf('oxfmt'), ['--check']],
    ['lint and borders', commandOf('oxlint'), ['--deny-warnings']],
    ...types.map((file) => [`types of ${file}`, commandOf('typescript', 'tsc'), ['-p', file]]),
    ['unused code', commandOf('knip'), ['--no-config-hints']],
  ];
}
