import { useId, useState } from 'react';
import type { SessionPrompt } from '#contracts/sessions.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { PublishedTurn } from './published-turn.tsx';
import { publishedTexts } from './published-texts.ts';
import { shareTexts } from './share-texts.ts';

/** A conversation can have hundreds of turns: the first ones say what kind of page it becomes. */
const FIRST = 5;

interface PublishPreviewProps {
  title: string;
  /** null: anonymous. */
  author: string | null;
  prompts: SessionPrompt[];
}

/** What everybody will read, as the page will show it. */
export function PublishPreview({ title, author, prompts }: PublishPreviewProps) {
  const t = useRouteTexts(shareTexts);
  const page = useRouteTexts(publishedTexts);
  const id = useId();
  const [whole, setWhole] = useState(false);
  const shown = whole ? prompts : prompts.slice(0, FIRST);
  const more = prompts.length - shown.length;
  return (
    <div className="mt-6">
      <h4 id={id} className="text-sm font-medium">
        {t('preview')}
      </h4>
      <p className="mt-1 text-soft">{t('previewNote', { n: prompts.length })}</p>
      <section
        aria-labelledby={id}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls
        tabIndex={0}
        className="mt-3 max-h-72 overflow-y-auto rounded-md border border-line bg-ground px-4 py-4"
      >
        <p className="text-base font-medium [overflow-wrap:anywhere]">{title}</p>
        <p className="mt-1 text-soft">{author ?? page('anonymous')}</p>
        <div className="divide-y divide-line">
          {shown.map(({ id: promptId, kind, content, replies, chosen }) => {
            const reply = replies.find((each) => each.id === chosen) ?? null;
            return <PublishedTurn key={promptId} turn={{ kind, content, reply }} />;
          })}
        </div>
        {more > 0 && <Button onClick={() => setWhole(true)}>{t('previewMore', { n: more })}</Button>}
      </section>
    </div>
  );
}
