import type { SnapshotTurn } from '#contracts/snapshots.ts';
import { beginningOf, isLong } from '../chat/long-text.ts';
import { Markdown } from '../chat/markdown/lazy-markdown.tsx';
import { WholeQuestion } from '../chat/whole-question.tsx';
import { useRouteTexts } from '../lib/route-texts.ts';
import { publishedTexts } from './published-texts.ts';

/** A question and its answer as everybody reads them on a published page. */
export function PublishedTurn({ turn }: { turn: Pick<SnapshotTurn, 'kind' | 'content' | 'reply'> }) {
  const t = useRouteTexts(publishedTexts);
  const long = isLong(turn.content);
  return (
    <article aria-label={`${t(turn.kind)}: ${turn.content.slice(0, 60)}`} className="py-6">
      <div className="ml-auto w-fit max-w-[85%] rounded-lg bg-sunken px-4 py-2.5">
        {turn.kind !== 'question' && <p className="text-xs text-soft">{t(turn.kind)}</p>}
        <p className="text-base whitespace-pre-wrap">{long ? beginningOf(turn.content) : turn.content || t('none')}</p>
      </div>
      {long && <WholeQuestion text={turn.content} />}
      {turn.reply && (
        <div className="prose mt-6">
          <Markdown text={turn.reply.content} writing={false} />
        </div>
      )}
    </article>
  );
}
