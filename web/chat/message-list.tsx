import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useWords } from '../lib/language.ts';
import { createScrollController, type ScrollController } from './scroll-controller.ts';
import { isUnderWay } from './shown-turn.ts';
import type { Thread } from './thread.ts';
import type { ThreadView } from './thread-view.ts';
import { TurnView } from './turn-view.tsx';

/** How many turns a long conversation shows at first, and with every step back: a few are drawn in no time. */
const STEP = 10;
/** Older turns come before whoever scrolls up has reached the first one. */
const AHEAD_PX = 1_200;

export function MessageList({ thread, view }: { thread: Thread; view: ThreadView }) {
  const { t } = useWords();
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const controller = useRef<ScrollController>(null);
  const [pinned, setPinned] = useState(true);
  const [shown, setShown] = useState(STEP);
  const { turns } = view;
  const first = Math.max(0, turns.length - shown);
  const last = turns.at(-1);

  useLayoutEffect(() => {
    const created = createScrollController(scroller.current!, content.current!, setPinned);
    controller.current = created;
    return () => created.dispose();
  }, []);

  // Before the paint: an old conversation opens at its end, and a new question shows at the top.
  const end = `${view.load} ${last?.key}`;
  useLayoutEffect(() => controller.current?.endIs(end), [end]);

  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-busy={last ? isUnderWay(last) : undefined}
        aria-label={t('chat.messages')}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- keyboards have to be able to scroll it
        tabIndex={0}
        className="@container-[size] h-full overflow-y-auto overscroll-contain focus-visible:-outline-offset-2"
      >
        <div ref={content} className="reading pt-2 pb-6">
          {view.load === 'loading' && turns.length === 0 && <Skeleton />}
          {first > 0 && (
            <Older onSeen={() => controller.current?.keepPlace(() => flushSync(() => setShown(shown + STEP)))} />
          )}
          {turns.slice(first).map((turn, index) => (
            <TurnView
              key={turn.key}
              turn={turn}
              thread={thread}
              last={turn === last}
              far={turns.length - first - index > STEP}
            />
          ))}
        </div>
      </div>
      {!pinned && (
        <button
          type="button"
          aria-label={t('chat.toEnd')}
          title={t('chat.toEnd')}
          onClick={() => controller.current?.toEnd()}
          className="absolute bottom-3 left-1/2 grid size-9 -translate-x-1/2 animate-appear place-items-center rounded-full border border-line bg-raised shadow-float touch:size-11"
        >
          <ArrowDown aria-hidden className="size-4" />
        </button>
      )}
    </div>
  );
}

/** Stands before the first shown turn; coming near to sight, it brings older ones. */
function Older({ onSeen }: { onSeen: () => void }) {
  const { t } = useWords();
  const element = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && onSeen(),
      { root: element.current!.closest('[role=log]'), rootMargin: `${AHEAD_PX}px 0px 0px` },
    );
    observer.observe(element.current!);
    return () => observer.disconnect();
  });
  return (
    <button ref={element} type="button" onClick={onSeen} className="mx-auto block h-10 px-4 text-soft">
      {t('chat.older')}
    </button>
  );
}

function Skeleton() {
  return (
    <div aria-hidden className="animate-late space-y-8 pt-4">
      {[0, 1].map((index) => (
        <div key={index} className="space-y-8">
          <div className="skeleton ml-auto h-12 w-2/5 rounded-lg" />
          <div className="space-y-3">
            {['96%', '88%', '92%', '60%'].map((width) => (
              <div key={width} className="skeleton h-4" style={{ width }} />
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
