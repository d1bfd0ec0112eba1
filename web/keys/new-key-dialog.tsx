import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { apiAddress } from '../lib/api-address.ts';
import type { NewKey } from './key-queries.ts';
import { keyTexts } from './key-texts.ts';

/** The only time that the whole key is shown. */
export function NewKeyDialog({ made, onClose }: { made: NewKey | undefined; onClose: () => void }) {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const copy = async () => {
    await navigator.clipboard.writeText(made!.key);
    showToast({ kind: 'done', text: say('toast.copied') });
  };
  return (
    <Dialog open={made !== undefined} onClose={onClose} title={t('newTitle')}>
      <p className="text-soft">{t('newNote')}</p>
      <div className="mt-4 flex items-center gap-2 rounded-md bg-sunken py-2 pr-2 pl-4">
        <code aria-label={t('newKey')} className="min-w-0 flex-1 font-mono break-all select-all" data-key>
          {made?.key}
        </code>
        <Button onClick={() => void copy()}>{say('action.copy')}</Button>
      </div>
      <h3 className="mt-6 mb-2">{t('sample')}</h3>
      {/* Long lines scroll inside, also with the keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls */}
      <pre tabIndex={0} className="overflow-x-auto rounded-md bg-sunken p-4 font-mono text-xs leading-5">
        {sampleOf(made?.key ?? '')}
      </pre>
      <div className="mt-6 flex justify-end">
        <Button look="primary" onClick={onClose}>
          {t('kept')}
        </Button>
      </div>
    </Dialog>
  );
}

function sampleOf(key: string): string {
  const body = JSON.stringify({ messages: [{ role: 'user', content: '안녕' }] });
  return [
    `curl ${apiAddress()}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '${body}'`,
  ].join('\n');
}
