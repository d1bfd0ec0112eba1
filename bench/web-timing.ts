import type { Page } from 'playwright-core';
import { percentile } from './process.ts';

interface Interaction extends PerformanceEntry {
  interactionId: number;
}

/** Starts to write down what the browser itself measures; has to run before the page's scripts. */
export function watchTiming(): void {
  const seen = { lcp: 0, shift: 0, interactions: [] as { name: string; ms: number }[], longTasks: [] as number[] };
  Object.assign(window, { seen });
  const watch = (type: string, take: (entry: PerformanceEntry) => void, more: object = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...more });
  watch('largest-contentful-paint', ({ startTime }) => (seen.lcp = startTime));
  watch('longtask', ({ duration }) => seen.longTasks.push(duration));
  watch(
    'event',
    (entry) => {
      if ((entry as Interaction).interactionId) seen.interactions.push({ name: entry.name, ms: entry.duration });
    },
    { durationThreshold: 16 },
  );
}

interface Seen {
  lcp: number;
  interactions: { name: string; ms: number }[];
  longTasks: number[];
}

/** What has been seen so far; `afresh` forgets it. */
export async function readTiming(page: Page, afresh = false): Promise<Seen> {
  // What was painted last is written down a moment after its frame.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  return page.evaluate((forget) => {
    const { seen } = window as unknown as { seen: Seen };
    const copy = structuredClone(seen);
    if (forget) Object.assign(seen, { interactions: [], longTasks: [] });
    return copy;
  }, afresh);
}

/** The browser reports no interaction below this. */
const UNSEEN_MS = 16;

/** The 95th of a hundred key strokes, from the key to the paint; those too quick to be reported count as 16 ms. */
export function keyStrokeP95(seen: Seen, strokes: number): number {
  const times = seen.interactions.filter(({ name }) => name === 'keydown').map(({ ms }) => ms);
  while (times.length < strokes) times.push(UNSEEN_MS);
  return percentile(times, 0.95);
}

/** The slowest interaction of a visit that is too short for a percentile. */
export const slowestInteraction = ({ interactions }: Seen): number =>
  Math.max(UNSEEN_MS, ...interactions.map(({ ms }) => ms));

export async function slowDown(page: Page, times: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: times });
}
