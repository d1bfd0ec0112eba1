/**
 * What a person waits for in the web app, in a real Chromium, as fast as this machine and four times slower: the
 * largest paint of a cold visit (LCP), the slowest answer to a key or click (INP), a conversation of 2,000
 * messages, a paste of 20,000 lines, a stream of 200 tokens a second, and the administration of 10,000 accounts.
 * Medians of the rounds.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, texts, visit } from '#test/journeys/browser.ts';
import { joinAs, type Client } from '#test/client.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import { writeTo } from '#test/write-to.ts';
import { say, start } from './instance.ts';
import { median } from './process.ts';
import { keyStrokeP95, readTiming, slowDown, slowestInteraction, watchTiming } from './web-timing.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
/** Only the figures whose name has this in it. */
const WANTED = process.env.BENCH_FIGURE ?? '';
const SLOWER = 4;
const TURNS = 1_000;
const STROKES = 100;
const LINES = 20_000;
const ACCOUNTS = 10_000;
const TOKENS_A_SECOND = 200;
const STREAM_SECONDS = 8;

const t = texts.ko;
const answer = [
  '## 꾸준함이 먼저예요',
  '**"천천히"**라도 괜찮아요. 처음부터 멀리 달리지 않아도 돼요. 몸이 익숙해질 때까지 기다려 주세요.',
  '1. 매일 10분 걷기\n2. 주말에 한 번 더 걷기',
  '| 요일 | 할 일 |\n| - | - |\n| 월 | 빠르게 걷기 |\n| 수 | 가볍게 달리기 |',
].join('\n\n');
const tokens = Array.from({ length: TOKENS_A_SECOND * STREAM_SECONDS }, (_, index) =>
  index % 60 === 59 ? '\n\n' : index % 15 === 7 ? ' **굵게**' : ' 낱말',
);

interface Figure {
  what: string;
  goal: number;
  measure(times: number): Promise<number>;
}

// The launcher keeps benchmarks on one core; a person's browser has the whole machine.
spawnSync('taskset', ['-a', '-cp', '0-1023', String(process.pid)], { stdio: 'ignore' });
const provider = await startScriptedProvider();
const server = await start({ OPENAI_BASE_URL: provider.url, OPENAI_API_KEY: 'none', DEFAULT_MODEL: 'gpt-4o-mini' });
const browser = await openBrowser();
// The first account has no daily limit.
const person = await joinAs(server.url);
const made = await furnish(person);
await addAccounts();

async function furnish(client: Client): Promise<{ page: string; short: string; long: string }> {
  provider.setDefault({ text: answer });
  const { body: short } = await client.post('/chat', { content: '달리기를 어떻게 시작할까요?' });
  await client.patch(`/sessions/${short.session_id}`, { visibility: 'public' });
  const { body: page } = await client.post(`/sessions/${short.session_id}/snapshots`, { listed: true });
  const { body: long } = await client.post('/chat', { content: '긴 대화의 첫 질문' });
  for (let turn = 1; turn < TURNS; turn += 1) {
    await client.post('/chat', { content: `긴 대화의 ${turn + 1}번째 질문`, session_id: long.session_id });
  }
  return { page: `/s/${page.id}`, short: `/sessions/${short.session_id}`, long: `/sessions/${long.session_id}` };
}

async function addAccounts(): Promise<void> {
  await writeTo(
    { dataDir: server.dataDir, databaseUrl: undefined },
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${ACCOUNTS})
     insert into users (nickname, role, created_at, revision) select 'person ' || i, 'member', i, 1 from n`,
  );
}

/** A visit with an empty cache; what it finds out. */
async function inVisit(times: number, as: Client | undefined, look: (page: Page) => Promise<number>): Promise<number> {
  const { page, close } = await visit(browser, server.url, {
    ...(as ? { as } : {}),
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.addInitScript(watchTiming);
  await slowDown(page, times);
  const found = await look(page);
  await close();
  return found;
}

const composerOf = (page: Page) => page.getByRole('textbox', { name: t['composer.label'] });
const lastAnswer = (page: Page) => page.getByRole('log').locator('.prose table').last();

/** By selectors: to look for a role with every frame takes longer than what is measured meanwhile. */
async function answered(page: Page): Promise<void> {
  await page.locator('[role=log][aria-busy=true]').waitFor();
  await page.locator('[role=log][aria-busy=false]').waitFor({ timeout: 120_000 });
}

async function openLong(page: Page): Promise<void> {
  await page.goto(made.long);
  await lastAnswer(page).waitFor();
  await page.waitForLoadState('networkidle');
}

const lcp = (what: string, path: string, as?: Client): Figure => ({
  what: `LCP, ${what}`,
  goal: 1_500,
  measure: (times) =>
    inVisit(times, as, async (page) => {
      await page.goto(path, { waitUntil: 'networkidle' });
      await page.waitForFunction(() => (window as unknown as { seen: { lcp: number } }).seen.lcp > 0);
      return (await readTiming(page)).lcp;
    }),
});

async function interact(page: Page): Promise<number> {
  await page.goto(made.short, { waitUntil: 'networkidle' });
  await readTiming(page, true);
  await composerOf(page).pressSequentially('how often should I run?', { delay: 60 });
  await composerOf(page).press('Enter');
  await answered(page);
  await page.locator('nav [aria-haspopup=menu]').last().click();
  await page.locator('[role=menu]').waitFor();
  return slowestInteraction(await readTiming(page));
}

async function openFromHistory(page: Page): Promise<number> {
  await page.goto('/chat', { waitUntil: 'networkidle' });
  await page.locator(`main a[href="${made.long}"]`).waitFor();
  // The address stands in the list of the sidebar too.
  const began = await page.evaluate((path) => {
    const clicked = performance.now();
    document.querySelector<HTMLElement>(`main a[href="${path}"]`)!.click();
    return clicked;
  }, made.long);
  const shown = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () =>
          document.querySelector('[role=log] .prose table')
            ? requestAnimationFrame(() => resolve(performance.now()))
            : requestAnimationFrame(look);
        look();
      }),
  );
  return shown - began;
}

async function type(page: Page): Promise<number> {
  await openLong(page);
  await readTiming(page, true);
  await composerOf(page).pressSequentially('a'.repeat(STROKES), { delay: 30 });
  return keyStrokeP95(await readTiming(page), STROKES);
}

async function paste(page: Page): Promise<number> {
  await openLong(page);
  await page.evaluate((lines) => {
    const text = Array.from({ length: lines }, (_, line) => `${line + 1}번째 줄이에요`).join('\n');
    return navigator.clipboard.writeText(text);
  }, LINES);
  const painted = page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const begin = () => {
          const began = performance.now();
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
        };
        addEventListener('paste', begin, { capture: true, once: true });
      }),
  );
  await composerOf(page).press('Control+v');
  return painted;
}

async function follow(page: Page): Promise<number> {
  await openLong(page);
  provider.script({ text: tokens, paceMs: 1_000 / TOKENS_A_SECOND });
  await composerOf(page).fill('길게 써 주세요');
  await readTiming(page, true);
  await composerOf(page).press('Enter');
  await answered(page);
  return Math.max(0, ...(await readTiming(page)).longTasks);
}

/** From the navigation to the first page of the list. */
async function administrate(page: Page): Promise<number> {
  await page.goto('/admin', { waitUntil: 'commit' });
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () =>
          document.querySelector('[data-user]')
            ? requestAnimationFrame(() => resolve(performance.now()))
            : requestAnimationFrame(look);
        look();
      }),
  );
}

const alone = (what: string, goal: number, look: (page: Page) => Promise<number>): Figure => ({
  what,
  goal,
  measure: (times) => inVisit(times, person, look),
});

const figures: Figure[] = [
  lcp('login', '/accounts/login'),
  lcp('gallery', '/sessions'),
  lcp('published page', made.page),
  lcp('chat', made.short, person),
  lcp('empty chat', '/', person),
  alone('INP, typing, sending, a menu', 100, interact),
  alone('2,000 messages, from click to paint', 1_000, openFromHistory),
  alone('a key stroke in them, p95', 50, type),
  alone('a paste of 20,000 lines', 300, paste),
  alone('administration, 10,000 accounts', 1_000, administrate),
  alone('longest task of a stream of 200 tokens/s', 50, follow),
];

async function measured(figure: Figure, times: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await figure.measure(times));
  return median(rounds);
}

/** How much of a core is there for whoever asks: on a machine that others use, times are longer by as much. */
function shareOfCore(): number {
  const [used, began] = [process.cpuUsage(), performance.now()];
  while (performance.now() - began < 300);
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1_000 / (performance.now() - began);
}

say(`${'ms'.padEnd(44)}${'goal'.padStart(7)}${'here'.padStart(8)}${`${SLOWER}× slower`.padStart(12)}  core`);
for (const figure of figures.filter(({ what }) => what.includes(WANTED))) {
  const [here, slow] = [await measured(figure, 1), await measured(figure, SLOWER)];
  const share = `${(shareOfCore() * 100).toFixed(0)} %`.padStart(6);
  const columns = [figure.goal.toString().padStart(7), here.toFixed(0).padStart(8), slow.toFixed(0).padStart(12)];
  say(`${figure.what.padEnd(44)}${columns.join('')}${share}${slow > figure.goal ? '  OVER' : ''}`);
}
await end(browser);
spawnSync(process.execPath, [fileURLToPath(new URL('../web/check-sizes.mjs', import.meta.url))], { stdio: 'inherit' });

async function end(opened: Browser): Promise<void> {
  await opened.close();
  await server.stop();
  await provider.close();
}
