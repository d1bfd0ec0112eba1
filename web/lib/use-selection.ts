import { useState } from 'react';

/** Rows that are chosen from a list. One that has left the list is chosen no more. */
export function useSelection<Id>(present: readonly Id[]) {
  const [marked, setMarked] = useState<ReadonlySet<Id>>(new Set());
  const chosen = present.filter((id) => marked.has(id));
  return {
    chosen,
    has: (id: Id) => marked.has(id),
    toggle: (id: Id) =>
      setMarked(marked.has(id) ? new Set(chosen.filter((each) => each !== id)) : new Set([...chosen, id])),
    all: () => setMarked(new Set(present)),
    clear: () => setMarked(new Set()),
  };
}
