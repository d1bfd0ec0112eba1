import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { environmentFor, flags, root } from './paths.mjs';
import { StopError } from './stop-error.mjs';

/** Every file below the given files and folders, sorted; built and installed ones are left out. */
function filesOf(sources) {
  const files = [];
  const visit = (path) => {
    if (!statSync(root + path).isDirectory()) {
      if (!path.endsWith('.test.ts')) files.push(path);
      return;
    }
    for (const name of readdirSync(root + path).sort()) {
      if (name !== 'dist' && name !== 'node_modules') visit(`${path}/${name}`);
    }
  };
  for (const source of [...sources, 'package-lock.json']) if (existsSync(root + source)) visit(source);
  return files;
}

function hashOf(files, describe) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(describe(root + file))
      .update('\0');
  return hash.digest('hex');
}

const byLook = (path) => {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
};

function readStamp(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

/** Builds a part when its sources have changed: size and time of the files tell quickly, their contents for sure. */
export async function build(node, part, { always = false } = {}) {
  const stampFile = `${root}${part.target}/.daesa-sources`;
  const stamp = readStamp(stampFile);
  const files = filesOf(part.sources);
  const look = hashOf(files, byLook);
  if (!always && stamp.look === look) return;
  const content = hashOf(files, readFileSync);
  if (always || stamp.content !== content) runTool(node, part);
  writeFileSync(stampFile, JSON.stringify({ look, content }));
}

function runTool(node, part) {
  process.stderr.write(`Building the ${part.name} …\n`);
  const result = spawnSync(node, [...flags, ...part.tool], { cwd: root, env: environmentFor(node), encoding: 'utf8' });
  if (result.status === 0) return;
  throw new StopError(
    `The ${part.name} could not be built:\n${result.stdout ?? ''}${result.stderr ?? result.error?.message ?? ''}`,
  );
}
