/**
 * Text that was typed and not sent yet, kept while it is typed: a lost login, a crash or a closed tab must
 * not take it. One entry per person and place; the oldest go when there are more than fifty.
 */
export interface DraftStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const storageKey = 'daesa.drafts';
const MOST = 50;
const WRITE_AFTER_MS = 300;

/** Whose draft: a user's id, or `guest` before login. */
export type DraftOwner = number | 'guest';
/** `new`, a session's id, or the name of another form. */
export type DraftPlace = number | string;

export interface Drafts {
  read(owner: DraftOwner, place: DraftPlace): string;
  /** Remembers at once, writes 300 ms later. */
  save(owner: DraftOwner, place: DraftPlace, text: string): void;
  /** Only once the server has the text. */
  clear(owner: DraftOwner, place: DraftPlace): void;
  /** Gives a guest's drafts to who has just logged in, where that person has none. */
  adopt(owner: number): void;
  /** Writes what is not written yet. False: the storage takes nothing. */
  flush(): boolean;
}

export function createDrafts(storage: () => DraftStorage | undefined): Drafts {
  // Insertion order is age.
  let entries: Map<string, string> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = true;

  function all(): Map<string, string> {
    entries ??= readAll(storage());
    return entries;
  }

  function write(text: string): boolean {
    try {
      storage()?.setItem(storageKey, text);
      return true;
    } catch {
      return false;
    }
  }

  function flush(): boolean {
    if (timer === undefined) return written;
    clearTimeout(timer);
    timer = undefined;
    // A full storage takes the newest ones. What a forbidden one takes none of still stands in the field.
    let kept = [...all()];
    while (!(written = write(JSON.stringify(kept))) && kept.length > 1) kept = kept.slice(1);
    return written;
  }

  function put(key: string, text: string): void {
    all().delete(key);
    // An empty text is nothing to keep: what is not there reads as empty.
    if (text !== '') all().set(key, text);
    for (const oldest of all().keys()) {
      if (all().size <= MOST) break;
      all().delete(oldest);
    }
    timer ??= setTimeout(flush, WRITE_AFTER_MS);
  }

  return {
    read: (owner, place) => all().get(`${owner}:${place}`) ?? '',
    save: (owner, place, text) => {
      if ((all().get(`${owner}:${place}`) ?? '') !== text) put(`${owner}:${place}`, text);
    },
    clear: (owner, place) => {
      put(`${owner}:${place}`, '');
      flush();
    },
    adopt: (owner) => {
      for (const [key, text] of all()) {
        if (!key.startsWith('guest:')) continue;
        const own = key.replace('guest', String(owner));
        if (!all().get(own)) put(own, text);
        put(key, '');
      }
      flush();
    },
    flush,
  };
}

function readAll(storage: DraftStorage | undefined): Map<string, string> {
  try {
    const stored = JSON.parse(storage?.getItem(storageKey) ?? '[]') as unknown;
    if (!Array.isArray(stored)) return new Map();
    const whole = stored.filter(
      (entry): entry is [string, string] => Array.isArray(entry) && entry.every((part) => typeof part === 'string'),
    );
    return new Map(whole);
  } catch {
    return new Map();
  }
}

export const drafts = createDrafts(() => {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
});

/** Writes drafts before the page can be gone: phones end a hidden page without a further event. */
export function keepDraftsOnLeaving(): void {
  window.addEventListener('pagehide', () => drafts.flush());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && drafts.flush());
}
