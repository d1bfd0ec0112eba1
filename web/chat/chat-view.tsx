import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useWords } from '../lib/language.ts';
import { usePageTitle } from '../lib/page-title.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { loadPopup } from '../ui/menu.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { AnswerAnnouncer } from './answer-announcer.tsx';
import { ChatHeader } from './chat-header.tsx';
import { chatTexts } from './chat-texts.ts';
import { Composer, type ComposerHandle } from './composer.tsx';
import { Greeting, Starters } from './empty-chat.tsx';
import { loadMarkdown } from './markdown/lazy-markdown.tsx';
import { MessageList } from './message-list.tsx';
import type { Thread } from './thread.ts';
import type { ThreadView } from './thread-view.ts';

/** One conversation with its composer. */
export function ChatView({ thread, view }: { thread: Thread; view: ThreadView }) {
  const { t } = useWords();
  const composer = useRef<ComposerHandle>(null);
  const title = view.title ?? t('nav.newChat');
  const heading = usePageTitle(title, { focus: isTouchPrimary() });
  const empty = view.load === 'ready' && view.status === 'open' && view.turns.length === 0;
  const underWay = thread.underWay;
  const writing = underWay && (underWay.stopping ? 'stopping' : 'yes');
  useEffect(() => {
    // Neither the first answer nor the first menu should wait for the library that draws it.
    for (const load of [loadMarkdown, loadPopup]) load().catch(() => {});
  }, []);

  return (
    <>
      <ChatHeader thread={thread} view={view} heading={heading} />
      <main id="main" tabIndex={-1} className={`flex min-h-0 flex-1 flex-col ${empty ? 'overflow-y-auto' : ''}`}>
        {empty ? <Greeting /> : null}
        {view.load === 'failed' && (
          <div className="reading flex-1 pt-8">
            <ErrorNotice action={<Button onClick={() => void thread.load()}>{t('action.tryAgain')}</Button>}>
              {t('chat.loadFailed')}
            </ErrorNotice>
          </div>
        )}
        {!empty && view.load !== 'failed' && <MessageList thread={thread} view={view} />}
        {/* One and the same field, wherever it stands: what is being typed goes on being typed. */}
        {!view.mine && <ReadOnly />}
        {view.mine && view.status !== 'open' && <NotAsked view={view} />}
        {view.mine && view.status === 'open' && (
          <Composer key="composer" ref={composer} thread={thread} view={view} writing={writing} />
        )}
        {empty ? <Starters onPick={(text) => composer.current?.fill(text)} /> : null}
      </main>
      <AnswerAnnouncer turn={view.turns.at(-1)} />
    </>
  );
}

/** A guided conversation whose questions are not all answered, or that waits for the word to ask. */
function NotAsked({ view }: { view: ThreadView }) {
  const t = useRouteTexts(chatTexts);
  const { bot = '', sessionId } = view;
  return (
    <div className="reading flex shrink-0 flex-wrap items-center justify-between gap-3 border-t border-line py-4">
      <p className="flex-1 basis-56 text-soft">{t('waiting')}</p>
      <Link to="/sessions/new" search={{ bot, session: String(sessionId) }} className={buttonClass('primary')}>
        {t('goOn')}
      </Link>
    </div>
  );
}

/** Somebody else's conversation, in the place of the composer. */
function ReadOnly() {
  const { t } = useWords();
  return (
    <div className="reading flex shrink-0 flex-wrap items-center justify-between gap-3 border-t border-line py-4">
      <p className="text-soft">{t('chat.readOnly')}</p>
      <Link to="/" className={buttonClass()}>
        {t('nav.newChat')}
      </Link>
    </div>
  );
}
