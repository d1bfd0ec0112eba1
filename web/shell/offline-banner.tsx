import { WifiOff } from 'lucide-react';
import { useWords } from '../lib/language.ts';
import { useOnline } from '../lib/online.ts';

export function OfflineBanner() {
  const { t } = useWords();
  const online = useOnline();
  return (
    <output className="fixed inset-x-0 top-0 z-40 flex justify-center px-4">
      {!online && (
        <p className="mt-2 flex animate-rise items-center gap-2 rounded-full border border-line bg-raised px-4 py-2 shadow-float">
          <WifiOff aria-hidden className="size-4 shrink-0 text-amber" />
          {t('offline')}
        </p>
      )}
    </output>
  );
}
