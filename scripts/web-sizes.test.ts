import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const script = fileURLToPath(new URL('../web/check-sizes.mjs', import.meta.url));
const built = existsSync(fileURLToPath(new URL('../web/dist/.vite/manifest.json', import.meta.url)));

// `npm test` builds the web app first; a single run of this file may come before any build.
test.runIf(built)('no page of the built app weighs more than its budget', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  expect(stdout).toContain('ok   login');
  expect(stdout).not.toContain('OVER');
});

test.runIf(built)('what has grown by more than 5 % since it was recorded is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'daesa-sizes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const recorded = JSON.parse(readFileSync(new URL('../web/sizes.json', import.meta.url), 'utf8')) as { chat: number };
  const file = join(folder, 'sizes.json');
  writeFileSync(file, JSON.stringify({ ...recorded, chat: recorded.chat * 0.9 }));
  const run = promisify(execFile)(process.execPath, [script, '--recorded', file]);
  await expect(run).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/^GREW chat /m) });
});
