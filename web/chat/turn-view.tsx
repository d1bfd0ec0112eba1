import { Check, Copy, RotateCcw, ThumbsDown, ThumbsUp } from 'lucide-react';
import { memo, useRef, useState, type MouseEvent, type ReactNode } from 'react';
import type { Mark } from '#contracts/sessions.ts';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { useSends } from '../lib/online.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { reconnectNow } from '../lib/stream-reader.ts';
import { showToast } from '../lib/toasts.ts';
import { IconButton } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { chatTexts } from './chat-texts.ts';
import { Citations } from './citations.tsx';
import { copyAnswer } from './copy-answer.ts';
import { Markdown } from './markdown/lazy-markdown.tsx';
import { Pager } from './pager.tsx';
import { QuestionView } from './question-view.tsx';
import { isUnderWay, type ShownTurn } from './shown-turn.ts';
import type { Thread } from './thread.ts';

interface TurnViewProps {
  turn: ShownTurn;
  thread: Thread;
  last: boolean;
}

interface PlacedTurnProps extends TurnViewProps {
  /** Far above the end: the browser draws it when it is scrolled to, and until then guesses how high it is. */
  far: boolean;
}

/** A question and its answer. The latest one of this visit is as high as the screen, so that it starts at the top. */
export const TurnView = memo(function TurnView({ turn, thread, last, far }: PlacedTurnProps) {
  const { t } = useWords();
  const room = last && turn.fresh ? 'min-h-[calc(100cqh-2rem)]' : '';
  const drawn = far ? '[content-visibility:auto]' : '';
  return (
    <article
      aria-label={t('chat.turn', { text: turn.question.slice(0, 60) })}
      className={`pt-4 pb-6 [contain-intrinsic-size:auto_20rem] ${room} ${drawn}`}
    >
      <QuestionView turn={turn} thread={thread} />
      <Answer turn={turn} thread={thread} last={last} />
    </article>
  );
});

function Answer({ turn, thread, last }: TurnViewProps) {
  const { t } = useWords();
  const body = useRef<HTMLDivElement>(null);
  const underWay = isUnderWay(turn);
  return (
    <div className="mt-3">
      {turn.answer && (
        <div ref={body} className={`prose ${underWay ? 'prose-writing' : ''}`}>
          <Markdown text={turn.answer} writing={underWay} />
        </div>
      )}
      {underWay && !turn.answer && !turn.lost && <Waiting />}
      {turn.lost && <Lost />}
      {turn.state === 'stopped' && <Mark>{t('stopped')}</Mark>}
      {turn.cut && <Mark>{t(turn.cut === 'length' ? 'chat.cutLength' : 'chat.cutFilter')}</Mark>}
      {(turn.state === 'failed' || turn.state === 'interrupted' || (turn.failure && !underWay)) && (
        <Failure turn={turn} thread={thread} last={last} />
      )}
      {!underWay && turn.citations && <Citations quotes={turn.citations} question={turn.question} />}
      {turn.answer && !underWay && (
        <Actions
          turn={turn}
          body={body}
          thread={thread}
          onAgain={last && turn.id !== undefined ? () => void thread.retry(turn) : undefined}
        />
      )}
    </div>
  );
}

/** Until the first word: something is being written. */
function Waiting() {
  return (
    <div aria-hidden className="flex h-[1.65rem] animate-late items-center gap-1.5">
      {[0, 160, 320].map((delay) => (
        <span
          key={delay}
          className="size-1.5 animate-breathe rounded-full bg-ember"
          style={{ animationDelay: `${delay}ms` }}
        />
      ))}
    </div>
  );
}

function Lost() {
  const { t } = useWords();
  return (
    <output className="mt-3 flex flex-wrap items-center gap-x-3 text-soft">
      {t('stream.cut')}
      <button
        type="button"
        onClick={reconnectNow}
        className="min-h-6 font-medium text-ink underline underline-offset-4 touch:min-h-11"
      >
        {t('action.reconnect')}
      </button>
    </output>
  );
}

function Mark({ children }: { children: ReactNode }) {
  return <p className="mt-3 text-xs text-soft">{children}</p>;
}

function Failure({ turn, thread, last }: TurnViewProps) {
  const { t } = useWords();
  const retry = useSends(() => void thread.retry(turn));
  const text = turn.state === 'interrupted' ? t('chat.interrupted') : t('model.fail');
  const refused =
    // The earlier answer still stands; what failed is the wish for another one.
    turn.state === 'done' ||
    turn.state === 'stopped' ||
    turn.failure === 'provider_refused' ||
    turn.failure === 'budget_exhausted' ||
    turn.failure === 'quota_exhausted';
  return (
    <div className="mt-3">
      <ErrorNotice
        action={
          last && (
            <button
              type="button"
              {...retry}
              className="aria-disabled:opacity-50 inline-flex h-8 items-center gap-2 rounded-md px-2 font-medium hover:bg-raised touch:h-11"
            >
              <RotateCcw aria-hidden className="size-4" strokeWidth={1.75} />
              {t('action.tryAgain')}
            </button>
          )
        }
      >
        {refused && turn.failure ? problemText({ code: turn.failure, retryAfterS: undefined }, t) : text}
      </ErrorNotice>
    </div>
  );
}

interface ActionsProps {
  turn: ShownTurn;
  thread: Thread;
  body: React.RefObject<HTMLDivElement | null>;
  /** Asks for another answer, where that is possible. */
  onAgain: (() => void) | undefined;
}

function Actions({ turn, thread, body, onAgain }: ActionsProps) {
  const words = useRouteTexts(chatTexts);
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  const again = useSends(onAgain);
  const { mine } = thread.read();
  const told = (error: unknown) => showToast({ kind: 'error', text: problemText(asProblem(error), t) });
  const choose = (id: number) => thread.choose(turn, id).catch(told);
  const marked = useSends((event: MouseEvent<HTMLButtonElement>) => {
    const mark = event.currentTarget.value as Mark;
    void thread.mark(turn, turn.mark === mark ? undefined : mark).catch(told);
  });
  const copy = async () => {
    await copyAnswer(turn.answer, body.current);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <div className="mt-2 -ml-2 flex flex-wrap items-center">
      <IconButton
        small
        icon={copied ? Check : Copy}
        label={t(copied ? 'toast.copied' : 'chat.copy')}
        onClick={() => void copy()}
      />
      {mine && (
        <Pager
          ids={turn.replies}
          current={turn.chosen}
          previous={words('previousAnswer')}
          next={words('nextAnswer')}
          onChoose={(id) => void choose(id)}
        />
      )}
      {onAgain && <IconButton small icon={RotateCcw} label={t('chat.regenerate')} {...again} />}
      {mine &&
        turn.id !== undefined &&
        (['good', 'bad'] as const).map((mark) => (
          <IconButton
            key={mark}
            small
            value={mark}
            icon={mark === 'good' ? ThumbsUp : ThumbsDown}
            label={words(mark)}
            aria-pressed={turn.mark === mark}
            className="aria-pressed:text-ink aria-pressed:[&>svg]:fill-current"
            {...marked}
          />
        ))}
      {copied && <output className="text-xs text-soft">{t('toast.copied')}</output>}
    </div>
  );
}
