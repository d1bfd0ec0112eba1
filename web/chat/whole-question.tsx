import { Suspense, useState } from 'react';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { LongTextDialog } from './lazy-long-text-dialog.tsx';

const wholeTexts = {
  ko: { whole: '질문 전체 보기 · {n}자' },
  en: { whole: 'Whole question · {n} characters' },
};

/** The way to all of a long question, below its beginning. */
export function WholeQuestion({ text }: { text: string }) {
  const t = useRouteTexts(wholeTexts);
  const { locale } = useWords();
  const [open, setOpen] = useState(false);
  const title = t('whole', { n: text.length.toLocaleString(locale) });
  return (
    <div className="mt-2 flex justify-end">
      <Button onClick={() => setOpen(true)}>{title}</Button>
      {open && (
        <Suspense>
          <LongTextDialog title={title} text={text} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </div>
  );
}
