import { reconnectNow } from '../lib/stream-reader.ts';
import { useWords } from '../lib/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { LoginForm } from './login-form.tsx';
import { stopAsking } from './login-lost.ts';

/** A login that ended while the page was in use is asked for in place: nothing on the page is lost. */
export function LoginAgain() {
  const { t } = useWords();
  return (
    <Dialog open onClose={stopAsking} title={t('auth.again')}>
      <p className="mb-5 text-soft">{t('auth.againNote')}</p>
      <LoginForm
        onDone={() => {
          stopAsking();
          reconnectNow();
        }}
      />
    </Dialog>
  );
}
