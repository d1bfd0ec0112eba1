/** The longest that text which has come waits to be drawn. */
const LONGEST_REST_MS = 200;
const UNSEEN_REST_MS = 250;

/**
 * Draws with the next frame, but leaves twice as long to everything else as the last drawing took: a slow machine
 * draws less often, and a key stroke finds it free. What is drawn later stands for all that came before.
 */
export function createDrawPace(): (draw: () => void) => void {
  let restUntil = 0;
  function drawNow(draw: () => void): void {
    const began = performance.now();
    draw();
    // React draws in a microtask of its own, which is queued by now.
    queueMicrotask(() => {
      const ended = performance.now();
      restUntil = ended + Math.min(2 * (ended - began), LONGEST_REST_MS);
    });
  }
  return (draw) => {
    if (document.hidden) return void setTimeout(drawNow, UNSEEN_REST_MS, draw);
    const frame = () => requestAnimationFrame(() => drawNow(draw));
    const rest = restUntil - performance.now();
    if (rest > 0) setTimeout(frame, rest);
    else frame();
  };
}
