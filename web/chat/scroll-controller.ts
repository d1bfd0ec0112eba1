/**
 * The one owner of the scroll position of a conversation. A new question is shown at the top; the answer is
 * followed only while the person stands at the end. Whoever scrolls up is left alone at once, and is followed
 * again after coming back to within 60 px of the end.
 */
export interface ScrollController {
  /** Goes to the end and follows it. */
  toEnd(): void;
  /** The same when the end has become another one: `mark` names it. */
  endIs(mark: string): void;
  /** Call after content has come before the first shown turn: what is read stays where it is. */
  keepPlace(change: () => void): void;
  dispose(): void;
}

const NEAR_PX = 60;

export function createScrollController(
  scroller: HTMLElement,
  content: HTMLElement,
  onPinned: (pinned: boolean) => void,
): ScrollController {
  let pinned = true;
  let lastTop = scroller.scrollTop;
  let lastHeight = scroller.scrollHeight;

  const distance = () => scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;

  function pin(next: boolean): void {
    if (pinned === next) return;
    pinned = next;
    onPinned(next);
  }

  function follow(): void {
    if (pinned) scroller.scrollTop = scroller.scrollHeight;
    lastTop = scroller.scrollTop;
    lastHeight = scroller.scrollHeight;
  }

  function onScroll(): void {
    const { scrollTop, scrollHeight } = scroller;
    // When the content shrinks the browser moves the position itself: that is nobody's wish.
    const moved = scrollHeight >= lastHeight ? scrollTop - lastTop : 0;
    if (moved < -1) pin(false);
    else if (moved > 0 && distance() <= NEAR_PX) pin(true);
    lastTop = scrollTop;
    lastHeight = scrollHeight;
  }

  const end = new AbortController();
  const on = <Kind extends Event>(type: string, listener: (event: Kind) => void) =>
    scroller.addEventListener(type, listener as EventListener, { passive: true, signal: end.signal });
  let touchedAt = 0;
  on('scroll', onScroll);
  on<WheelEvent>(
    'wheel',
    ({ deltaY }) => deltaY < 0 && distance() < scroller.scrollHeight - scroller.clientHeight && pin(false),
  );
  on<TouchEvent>('touchstart', ({ touches }) => (touchedAt = touches[0]?.clientY ?? 0));
  on<TouchEvent>('touchmove', ({ touches }) => (touches[0]?.clientY ?? 0) > touchedAt + 2 && pin(false));
  on<KeyboardEvent>('keydown', ({ key }) => ['PageUp', 'Home', 'ArrowUp'].includes(key) && pin(false));

  const sizes = new ResizeObserver(follow);
  sizes.observe(content);
  sizes.observe(scroller);

  function toEnd(): void {
    pin(true);
    follow();
  }

  let endMark: string | undefined;
  return {
    toEnd,
    endIs: (mark) => {
      if (mark !== endMark) toEnd();
      endMark = mark;
    },
    keepPlace: (change) => {
      const fromEnd = scroller.scrollHeight - scroller.scrollTop;
      change();
      scroller.scrollTop = scroller.scrollHeight - fromEnd;
      lastTop = scroller.scrollTop;
      lastHeight = scroller.scrollHeight;
    },
    dispose: () => {
      end.abort();
      sizes.disconnect();
    },
  };
}
