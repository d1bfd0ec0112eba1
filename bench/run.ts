/** `npm run bench [name]`: prints what is measured. Give the machine a quiet moment; figures compare within one run only. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./', import.meta.url));
/** What benchmarks are made of. */
const parts = new Set([
  'run.ts',
  'process.ts',
  'subject.ts',
  'slow-disk-server.ts',
  'instance.ts',
  'login-abuse.ts',
  'mass-assignment.ts',
  'revocation.ts',
  'search.store.ts',
  'search.stores.ts',
  'web-timing.ts',
]);
const benches = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !parts.has(file))
  .map((file) => file.slice(0, -3));
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !benches.includes(name));
if (unknown) {
  process.stderr.write(`There is no benchmark "${unknown}"; there are ${benches.join(', ')}.\n`);
  process.exit(1);
}
for (const name of asked.length > 0 ? asked : benches) {
  process.stdout.write(`== ${name}\n`);
  // The client's side of every benchmark has core 1; servers are started on core 0. Faults are counted, not timed.
  const place = name === 'faults' ? [] : ['taskset', '-c', '1'];
  const [file, ...args] = [...place, process.execPath, `${folder}${name}.ts`];
  const { status } = spawnSync(file!, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
