import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { keyTexts } from './key-texts.ts';
import { baseUrl, CopyButton, curlSample, Sample, scriptSample } from './samples.tsx';

/** Stands for a key that is still to be made. */
const NO_KEY = 'sk-daesa-…';

/** Nobody has a key at first: the way to the first request. */
export function FirstSteps() {
  const t = useRouteTexts(keyTexts);
  const { t: say } = useWords();
  const copyOf = (what: string) => `${say('action.copy')}: ${what}`;
  return (
    <>
      <h2 className="text-base">{t('empty')}</h2>
      <p className="mb-4 text-soft">{t('emptyNote')}</p>
      <ol aria-label={t('steps')} className="space-y-6 rounded-lg border border-line bg-raised p-4">
        <Step n={1} title={t('step.key')} note={t('step.keyNote')} />
        <Step n={2} title={t('step.address')} note={t('step.addressNote')}>
          <div className="flex items-center gap-2 rounded-md bg-sunken py-2 pr-2 pl-4">
            <code className="min-w-0 flex-1 font-mono break-all select-all">{baseUrl()}</code>
            <CopyButton text={baseUrl()} label={copyOf('base_url')} />
          </div>
        </Step>
        <Step n={3} title={t('step.request')} note={t('step.requestNote')}>
          {[
            { name: 'curl', text: curlSample(NO_KEY) },
            { name: 'JavaScript', text: scriptSample(NO_KEY) },
          ].map(({ name, text }) => (
            <div key={name} className="mb-4">
              <div className="mb-2 flex items-center justify-between gap-2">
                <p className="font-medium">{name}</p>
                <CopyButton text={text} label={copyOf(name)} />
              </div>
              <Sample label={name} text={text} />
            </div>
          ))}
        </Step>
      </ol>
    </>
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
