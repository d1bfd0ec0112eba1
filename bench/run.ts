/** `npm run bench NAME…`: prints what is measured. Give the machine a quiet moment; figures compare within one run only. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const benches = new Map([
  ['chat', 'stored chat turns a second, on both databases'],
  [
    'faults',
    'what survives a full disk, a kill, a crowd, a restart …: BENCH_ROWS=K8,K9 runs some rows, all of them take hours',
  ],
  ['first-token', 'what Daesa adds to the time to the first token'],
  ['gateway', '/v1: requests a second, processor time, first chunk, 1,000 streams; PORTKEY=… beside another gateway'],
  ['search', 'search and lists at 10,000 to 1,000,000 messages; the largest take long'],
  ['security', 'what gets past the guards of accounts'],
  ['slow-disk', 'the event loop while each flush of the disk takes 4 ms'],
  ['web', 'what a person waits for, in a real Chromium; npm run build:web first'],
]);
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !benches.has(name));
if (unknown !== undefined) process.stderr.write(`There is no benchmark "${unknown}".\n`);
if (unknown !== undefined || asked.length === 0) {
  const lines = [...benches].map(([name, what]) => `  ${name.padEnd(12)} ${what}\n`);
  process.stdout.write(`npm run bench NAME…, one after the other:\n${lines.join('')}`);
  process.exit(unknown === undefined ? 0 : 1);
}
for (const name of asked) {
  process.stdout.write(`== ${name}\n`);
  // The client's side of every benchmark has core 1; servers are started on core 0. Faults are counted, not timed.
  const place = name === 'faults' ? [] : ['taskset', '-c', '1'];
  const script = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const [file, ...args] = [...place, process.execPath, script];
  const { status } = spawnSync(file!, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
