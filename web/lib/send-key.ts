/** The `Idempotency-Key` of what is sent: the same one until the server has taken it, whose answer may get lost. */
export interface SendKey {
  of(what: string): string;
  /** The server has it: the same again is another one. */
  taken(): void;
}

export function createSendKey(): SendKey {
  let kept: { what: string; key: string } | undefined;
  return {
    of: (what) => {
      if (kept?.what !== what) kept = { what, key: crypto.randomUUID() };
      return kept.key;
    },
    taken: () => {
      kept = undefined;
    },
  };
}
