/** Less than any keyboard: the bars of a browser come and go by as much. */
const KEYBOARD_PX = 100;

/**
 * The browser of iOS lays the keyboard over the page, whatever `interactive-widget` asks for, and moves the page
 * below it. What is left to see is told to the styles: `h-visible` is as high, and begins where it begins.
 */
export function keepAboveKeyboard(): void {
  const seen = window.visualViewport;
  if (!seen) return;
  const root = document.documentElement;
  const update = () => {
    const covered = root.clientHeight - seen.height;
    // Who zooms in sees less as well, and wants no other layout.
    const open = covered > KEYBOARD_PX && Math.abs(seen.scale - 1) < 0.01;
    root.style.setProperty('--visible-height', open ? `${seen.height}px` : null);
    root.style.setProperty('--visible-top', open ? `${seen.offsetTop}px` : null);
  };
  for (const change of ['resize', 'scroll']) seen.addEventListener(change, update);
}
