import type { Consent } from '#contracts/accounts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { consentTexts } from './consent-texts.ts';

const linkClass = 'font-medium whitespace-nowrap underline underline-offset-4';

/** One box for each thing that whoever joins has to agree to. */
export function Consents({ consents, error }: { consents: Consent[]; error: boolean }) {
  const t = useRouteTexts(consentTexts);
  return (
    <fieldset>
      <legend className="sr-only">{t('legend')}</legend>
      {consents.map(({ name, href }) => (
        <div key={name} className="flex items-center justify-between gap-3">
          <label className="flex min-h-9 items-center gap-2.5 touch:min-h-11">
            <input type="checkbox" name="consents" value={name} required className="size-4 shrink-0 accent-ember" />
            {t(name)}
          </label>
          <a
            href={href}
            target="_blank"
            rel="noopener"
            aria-label={t(`${name}.read`)}
            className={`text-soft ${linkClass}`}
          >
            {t('read')}
          </a>
        </div>
      ))}
      {error && <p className="mt-1.5 text-xs text-alarm">{t('missing')}</p>}
    </fieldset>
  );
}

/** Whoever comes by a provider meets no box: the account is made on the way back. */
export function ProviderConsents({ consents }: { consents: Consent[] }) {
  const t = useRouteTexts(consentTexts);
  return (
    <p className="pt-1 text-xs text-soft">
      {t('byProvider')}{' '}
      {consents.map(({ name, href }, index) => (
        <span key={name}>
          {index > 0 && ' · '}
          <a href={href} target="_blank" rel="noopener" className={linkClass}>
            {t(`${name}.name`)}
          </a>
        </span>
      ))}
    </p>
  );
}
