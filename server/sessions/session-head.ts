import type { Database } from '../db/database.ts';
import type { FindHead } from '../http/page-head.ts';
import { readBeginnings, readSession } from './sessions.store.ts';
import { excerptOf, openSnapshot, showSnapshot } from './show-snapshot.ts';
import { findSnapshot } from './snapshots.store.ts';
import { Problem } from '../errors.ts';

const DESCRIPTION = 160;

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, DESCRIPTION).toWellFormed();
}

/** The heads of published pages and public sessions. */
export function createFindHead(database: Database, publicUrl: string, clock: () => number): FindHead {
  async function headOfPage(id: string) {
    try {
      const row = openSnapshot(await findSnapshot(database.read, id), clock());
      return {
        title: row.title,
        description: oneLine(excerptOf(JSON.parse(row.content))),
        url: `${publicUrl}/s/${id}`,
        given: showSnapshot(row, publicUrl),
      };
    } catch (error) {
      if (error instanceof Problem) return error.code === 'gone' ? ('gone' as const) : ('missing' as const);
      throw error;
    }
  }

  async function headOfSession(id: number) {
    const row = await readSession(database.read, { id, readerId: 0 });
    // A private one may be the reader's own: the app decides.
    if (!row) return undefined;
    const beginning = (await readBeginnings(database.read, [id])).get(id) ?? '';
    return { title: row.title, description: oneLine(beginning), url: `${publicUrl}/sessions/${id}` };
  }

  return async (path) => {
    const [, place, id = '', ...rest] = path.split('/');
    if (rest.length > 0) return undefined;
    if (place === 's') return headOfPage(id);
    if (place === 'sessions' && /^[1-9]\d{0,14}$/.test(id)) return headOfSession(Number(id));
    return undefined;
  };
}
