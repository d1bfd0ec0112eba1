/** Runs when what has changed so far is painted; in a page that nobody sees (any more), at once. */
export function afterPaint(run: () => void): void {
  if (document.hidden) return run();
  const over = new AbortController();
  function once(): void {
    if (over.signal.aborted) return;
    over.abort();
    run();
  }
  // A phone that is locked, a tab that is left: no frame comes, and a message would wait until somebody looks again.
  for (const [target, left] of [[document, 'visibilitychange'] as const, [window, 'pagehide'] as const]) {
    target.addEventListener(left, once, { signal: over.signal });
  }
  requestAnimationFrame(() => setTimeout(once));
}
