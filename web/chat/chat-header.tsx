import { Link } from '@tanstack/react-router';
import { Globe, SquarePen } from 'lucide-react';
import { memo, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { PageHeader } from '../shell/page-header.tsx';
import { BotPicker } from './bot-picker.tsx';
import { chatTexts } from './chat-texts.ts';
import { RenameField } from './rename-field.tsx';
import { SessionMenu } from './session-menu.tsx';
import type { Thread } from './thread.ts';
import { sameButTurns, type ThreadView } from './thread-view.ts';
import { useBotName } from './use-bot-name.ts';

interface ChatHeaderProps {
  thread: Thread;
  view: ThreadView;
  heading: RefObject<HTMLHeadingElement | null>;
}

export const ChatHeader = memo(
  ShownHeader,
  (one, other) => one.thread === other.thread && sameButTurns(one.view, other.view),
);

function ShownHeader({ thread, view, heading }: ChatHeaderProps) {
  const words = useWords();
  const t = useRouteTexts(chatTexts);
  const [renaming, setRenaming] = useState(false);
  const { sessionId, title } = view;
  const bot = useBotName(view.bot);
  const begun = sessionId !== undefined && view.load === 'ready';
  const newChat = words.t('nav.newChat');
  // The title of a conversation may be no more than the name of its bot, which is not said twice.
  const toBot = bot && (
    <Link
      to="/bots/$slug"
      params={{ slug: view.bot! }}
      className={`truncate rounded-sm py-2 hover:underline touch:py-3.5 ${bot === title ? 'block' : 'max-w-2/5 shrink-0 text-xs text-soft'}`}
    >
      {bot}
    </Link>
  );
  return (
    <PageHeader>
      {renaming && begun ? (
        <div className="min-w-0 flex-1">
          <RenameField
            row={{ id: sessionId, title: title ?? '' }}
            onDone={(byKey) => {
              flushSync(() => setRenaming(false));
              if (byKey) heading.current?.focus();
            }}
            onRenamed={() => void thread.load()}
          />
        </div>
      ) : (
        <h1 ref={heading} tabIndex={-1} className={sessionId === undefined ? 'sr-only' : 'min-w-0 truncate text-sm'}>
          {sessionId === undefined ? newChat : bot && bot === title ? toBot : (title ?? newChat)}
        </h1>
      )}
      {sessionId === undefined && <BotPicker />}
      {!renaming && bot !== title && toBot}
      {begun && !renaming && view.visibility === 'public' && (
        <span className="inline-flex shrink-0 items-center gap-1 text-xs text-soft">
          <Globe aria-hidden className="size-3.5" />
          {t('public')}
        </span>
      )}
      <div className="ml-auto flex shrink-0 items-center">
        {begun && !renaming && (
          <SessionMenu thread={thread} view={view} sessionId={sessionId} onRename={() => setRenaming(true)} />
        )}
        <Link
          to="/"
          aria-label={newChat}
          title={newChat}
          className="grid size-9 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink touch:size-11 md:hidden"
        >
          <SquarePen aria-hidden className="size-5" strokeWidth={1.75} />
        </Link>
      </div>
    </PageHeader>
  );
}
