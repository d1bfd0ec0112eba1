// The one way into every npm script: `node scripts/run.mjs COMMAND [args]`. It brings what is missing (a new enough
// Node, the dependencies, what is built) and runs the command. Plain JavaScript, so that any Node from 18 on reads it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { leaveOnSignals } from './children.mjs';
import { commands } from './commands.mjs';
import { root } from './paths.mjs';
import { say } from './say.mjs';
import { StopError } from './stop-error.mjs';

function main() {
  const [name = '', ...args] = process.argv.slice(2);
  if (Number.parseInt(process.versions.node, 10) < 18) {
    throw new StopError(`Node 20 or newer is needed to begin with, and this is ${process.versions.node}.`);
  }
  if (!Object.keys(commands).includes(name)) {
    throw new StopError(`There is no command "${name}"; there are ${Object.keys(commands).join(', ')}.`);
  }
  if (!existsSync(join(root, 'package-lock.json'))) {
    throw new StopError('package-lock.json is missing: this checkout is not whole.');
  }
  leaveOnSignals();
  return commands[name](args);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StopError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
