import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { IconButton } from '../ui/button.tsx';
import { chatTexts } from './chat-texts.ts';
import { EditQuestion } from './edit-question.tsx';
import { beginningOf, isLong } from './long-text.ts';
import { Pager } from './pager.tsx';
import type { ShownTurn } from './shown-turn.ts';
import type { Thread } from './thread.ts';
import { WholeQuestion } from './whole-question.tsx';

/** What was asked, with its other wordings; an answer of an intake stands below what the bot asked. */
export function QuestionView({ turn, thread }: { turn: ShownTurn; thread: Thread }) {
  const t = useRouteTexts(chatTexts);
  const { t: word } = useWords();
  const [editing, setEditing] = useState(false);
  if (editing) return <EditQuestion turn={turn} thread={thread} onDone={() => setEditing(false)} />;
  const long = isLong(turn.question);
  const editable = thread.read().mine && turn.id !== undefined && turn.kind === 'question';
  const showBranch = (id: number) =>
    thread.showBranch(id).catch((error: unknown) => {
      showToast({ kind: 'error', text: problemText(asProblem(error), word) });
    });
  return (
    <div className={`group/question ${editable ? '' : 'pb-3'}`}>
      {turn.asked && <p className="mb-3 text-base">{turn.asked}</p>}
      <div className="flex justify-end pl-8 md:pl-16">
        <p
          className={`max-w-full rounded-lg bg-sunken px-4 py-2.5 text-base whitespace-pre-wrap ${turn.state === 'sending' ? 'opacity-60' : ''} ${turn.question ? '' : 'text-soft'} transition-opacity duration-150`}
        >
          {long ? beginningOf(turn.question) : turn.question || t('skipped')}
        </p>
      </div>
      {long && <WholeQuestion text={turn.question} />}
      {editable && (
        <div className="mt-1 -mr-1 flex min-h-8 items-center justify-end">
          <IconButton
            small
            icon={Pencil}
            label={t('edit')}
            data-edit
            onClick={() => setEditing(true)}
            className="opacity-0 group-focus-within/question:opacity-100 group-hover/question:opacity-100 touch:opacity-100"
          />
          <Pager
            ids={turn.versions}
            current={turn.id}
            previous={t('previousQuestion')}
            next={t('nextQuestion')}
            onChoose={(id) => void showBranch(id)}
          />
        </div>
      )}
    </div>
  );
}
