import { pathToFileURL } from 'node:url';
import { preferredModels } from '../upstream/preferred-models.ts';
import { findPrices } from './price-list.ts';
import { overrides } from './price-overrides.ts';

const DAY_MS = 86_400_000;
/** Prices are compared with their source at least this often. */
const STALE_DAYS = 90;

export interface PriceFault {
  what: string;
  why: string;
}

/** What of the price data wants a look: rows that nobody has checked for long, and known models without a price. */
export function findPriceFaults(now: number): PriceFault[] {
  const stale = overrides.flatMap((row) => {
    const days = Math.floor((now - Date.parse(row.checked)) / DAY_MS);
    return days > STALE_DAYS
      ? [{ what: `${row.list} ${row.model.source}`, why: `was compared with ${row.source} ${days} days ago` }]
      : [];
  });
  const unknown = preferredModels
    .filter(({ id }) => findPrices('openai', id, now) === null)
    .map(({ id, source }) => ({ what: `openai ${id}`, why: `has no price; see ${source}` }));
  return [...stale, ...unknown];
}

// npm run prices:check
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const faults = findPriceFaults(Date.now());
  for (const { what, why } of faults) process.stdout.write(`${what}: ${why}\n`);
  if (faults.length === 0) process.stdout.write('Every price was checked lately, and every preferred model has one.\n');
  process.exitCode = faults.length === 0 ? 0 : 1;
}
