import { useRouteTexts } from '../lib/route-texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import type { NewKey } from './key-queries.ts';
import { keyTexts } from './key-texts.ts';
import { CopyButton, Samples } from './samples.tsx';

/** The only time that the whole key is shown. */
export function NewKeyDialog({ made, onClose }: { made: NewKey | undefined; onClose: () => void }) {
  const t = useRouteTexts(keyTexts);
  return (
    <Dialog open={made !== undefined} onClose={onClose} title={t('newTitle')}>
      <p className="text-soft">{t('newNote')}</p>
      <div className="mt-4 flex items-center gap-2 rounded-md bg-sunken py-2 pr-2 pl-4">
        <code aria-label={t('newKey')} className="min-w-0 flex-1 font-mono break-all select-all" data-key>
          {made?.key}
        </code>
        <CopyButton text={made?.key ?? ''} />
      </div>
      <h3 className="mt-6 mb-2">{t('sample')}</h3>
      <Samples label={t('sample')} apiKey={made?.key ?? ''} />
      <div className="mt-6 flex justify-end">
        <Button look="primary" local onClick={onClose}>
          {t('kept')}
        </Button>
      </div>
    </Dialog>
  );
}
