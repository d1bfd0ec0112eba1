/** Runs when what has changed so far is painted; in a page that nobody sees, at once. */
export function afterPaint(run: () => void): void {
  if (document.hidden) return run();
  requestAnimationFrame(() => setTimeout(run));
}
