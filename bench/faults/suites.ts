/** K12 and K13: their tests have the faults; here they are run as often as the scorecard asks, and counted. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rounds, type Figures } from './row.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Ran {
  /** Whole names of the tests that ran, and whether each passed. */
  tests: { name: string; passed: boolean }[];
  /** What the tests said of themselves. */
  said: string;
}

/** Runs test files on PostgreSQL. */
function runTests(files: string[]): Ran {
  const directory = mkdtempSync(join(tmpdir(), 'daesa-suites-'));
  const report = join(directory, 'report.json');
  const args = ['run', '--project', 'postgres', '--reporter=json', `--outputFile=${report}`, ...files];
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, encoding: 'utf8' });
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { fullName: string; status: string }[] }[];
  };
  rmSync(directory, { recursive: true, force: true });
  const tests = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed' || status === 'failed')
    .map(({ fullName, status }) => ({ name: fullName, passed: status === 'passed' }));
  return { tests, said: stdout + stderr };
}

export async function postgresFaults(): Promise<Figures> {
  const rounds = new Rounds(5);
  const back: number[] = [];
  const failed: string[] = [];
  let [acknowledged, cases] = [0, 0];
  for (const _ of rounds) {
    const { tests, said } = runTests(['test/postgres-outages.test.ts', 'test/lost-commits.test.ts']);
    cases += tests.length;
    failed.push(...tests.filter(({ passed }) => !passed).map(({ name }) => name));
    for (const [, count, ms] of said.matchAll(/(\d+) acknowledged, 0 lost, back after (\d+) ms/g)) {
      acknowledged += Number(count);
      back.push(Number(ms));
    }
  }
  const worst = Math.max(...back);
  return {
    figures:
      `restart, cut, pause and lost commits, ${rounds} times: ${failed.length} of ${cases} cases failed, ` +
      `0 of ${acknowledged} acknowledged lost in the others, back after at most ${(worst / 1_000).toFixed(2)} s` +
      failed.map((name) => `; failed: ${name}`).join(''),
    passed: failed.length === 0 && cases > 0 && worst <= 5_000,
  };
}

export async function redisMatrix(): Promise<Figures> {
  const cells = runTests(['test/redis-outages.test.ts']).tests.filter(({ name }) => name.includes(' that is '));
  const passed = cells.filter((cell) => cell.passed);
  return {
    figures: `${passed.length} of ${cells.length} cells of features × states of Redis passed`,
    passed: cells.length > 0 && passed.length === cells.length,
  };
}
