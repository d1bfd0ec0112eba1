/** The curl lines of the pages that newcomers read, run as they stand against a server of their own. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startServer } from './server.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** Says which lines were refused or not answered, on the other stream than their answers. */
const watched = `curl() { command curl --fail-with-body --max-time 50 "$@" || echo "failed: $*" >&2; }\n`;

function linesOf(page: string): string {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
  return blocks.filter((block) => block.includes('curl ')).join('');
}

test.runIf(hasCurl).each([
  ['README.md', []],
  // Who reads a page after it was revoked is told that it is gone.
  ['docs/curl.md', [expect.stringMatching(/^failed: .*\/s\/\w/)]],
])(
  'every curl line of %s is answered',
  async (page, refused) => {
    const server = await startServer();
    const script = linesOf(page).replaceAll('http://localhost:8000', server.url);
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', watched + script], { maxBuffer: 1 << 24 });
    expect(stderr.split('\n').filter((line) => line.startsWith('failed'))).toEqual(refused);
    expect(stdout).toContain('"is_apply":true');
    await server.close();
  },
  60_000,
);
