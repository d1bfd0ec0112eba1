import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../web/check-sizes.mjs', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../web/dist/.vite/manifest.json', import.meta.url)));

// `npm test` builds the web app first; a single run of this file may come before any build.
test.runIf(built)('no page of the built app weighs more than its budget', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toContain('ok   login');
  expect(stdout).not.toContain('OVER');
});
