import { useProfile } from '../accounts/account-queries.ts';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { keyTexts } from './key-texts.ts';
import { baseUrl, CopyButton, Samples } from './samples.tsx';

/** Stands for a key that is still to be made. */
const NO_KEY = 'sk-daesa-…';

/** The way to the first request: at first open, later on at hand. */
export function FirstSteps({ empty }: { empty: boolean }) {
  const t = useRouteTexts(keyTexts);
  if (!empty) {
    return (
      <details className="mt-6">
        <summary className="cursor-pointer py-2 font-medium">{t('steps')}</summary>
        <div className="mt-2">
          <Steps />
        </div>
      </details>
    );
  }
  return (
    <>
      <h2 className="text-base">{t('empty')}</h2>
      <p className="mb-4 text-soft">{t('emptyNote')}</p>
      <Steps />
    </>
  );
}

function Steps() {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const limit = useProfile()?.quota.limit ?? null;
  return (
    <ol aria-label={t('steps')} className="space-y-6 rounded-lg border border-line bg-raised p-4">
      <Step n={1} title={t('step.key')} note={t('step.keyNote')} />
      <Step n={2} title={t('step.address')} note={t('step.addressNote')}>
        <div className="flex items-center gap-2 rounded-md bg-sunken py-2 pr-2 pl-4">
          <code className="min-w-0 flex-1 font-mono break-all select-all">{baseUrl()}</code>
          <CopyButton text={baseUrl()} label={`${say('action.copy')}: base_url`} />
        </div>
      </Step>
      <Step n={3} title={t('step.request')} note={t('step.requestNote')}>
        <Samples label={t('step.request')} apiKey={NO_KEY} />
      </Step>
      <Step
        n={4}
        title={t('limits')}
        note={limit === null ? t('step.noLimit') : t('step.limit', { n: limit.toLocaleString() })}
      >
        <p className="-mt-3 text-soft">{t('step.keyLimits')}</p>
      </Step>
    </ol>
  );
}

function Step(props: { n: number; title: string; note: string; children?: React.ReactNode }) {
  return (
    <li>
      <h3 className="text-base">
        <span className="mr-2 text-soft tabular-nums">{props.n}</span>
        {props.title}
      </h3>
      <p className="mb-3 text-soft">{props.note}</p>
      {props.children}
    </li>
  );
}
