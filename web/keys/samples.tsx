import { useId, useState, type KeyboardEvent } from 'react';
import { useWords } from '../lib/language.ts';
import { apiAddress } from '../lib/api-address.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';
import { segmentsClass } from '../ui/tabs.ts';

export const baseUrl = (): string => `${apiAddress()}/v1`;

const curlSample = (key: string): string =>
  [
    `curl ${baseUrl()}/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '${JSON.stringify({ messages: [{ role: 'user', content: '안녕' }] })}'`,
  ].join('\n');

const scriptSample = (key: string): string =>
  [
    `const answer = await fetch('${baseUrl()}/chat/completions', {`,
    "  method: 'POST',",
    `  headers: { Authorization: 'Bearer ${key}', 'Content-Type': 'application/json' },`,
    "  body: JSON.stringify({ messages: [{ role: 'user', content: '안녕' }] }),",
    '});',
    'console.log((await answer.json()).choices[0].message.content);',
  ].join('\n');

const pythonSample = (key: string): string =>
  [
    'import json, urllib.request',
    '',
    'request = urllib.request.Request(',
    `    "${baseUrl()}/chat/completions",`,
    `    headers={"Authorization": "Bearer ${key}", "Content-Type": "application/json"},`,
    '    data=json.dumps({"messages": [{"role": "user", "content": "안녕"}]}).encode(),',
    ')',
    'answer = json.load(urllib.request.urlopen(request))',
    'print(answer["choices"][0]["message"]["content"])',
  ].join('\n');

const languages = [
  ['curl', curlSample],
  ['JavaScript', scriptSample],
  ['Python', pythonSample],
] as const;

const tabClass =
  'flex h-9 items-center rounded-sm px-3 text-soft hover:text-ink touch:h-11 aria-selected:bg-raised aria-selected:font-medium aria-selected:text-ink';

const steps: Partial<Record<string, 1 | -1>> = { ArrowRight: 1, ArrowLeft: -1 };

/** A first request in three languages, one at a time. `apiKey` may stand for one that is still to be made. */
export function Samples({ label, apiKey }: { label: string; apiKey: string }) {
  const { t } = useWords();
  const id = useId();
  const [chosen, setChosen] = useState(0);
  const [name, sampleOf] = languages[chosen]!;
  const text = sampleOf(apiKey);
  const move = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (chosen + step + languages.length) % languages.length;
    setChosen(next);
    document.getElementById(`${id}-${next}`)?.focus();
  };
  return (
    <>
      <div role="tablist" aria-label={label} className={segmentsClass}>
        {languages.map(([language], index) => (
          <button
            key={language}
            id={`${id}-${index}`}
            type="button"
            role="tab"
            aria-selected={index === chosen}
            aria-controls={`${id}-panel`}
            // The arrow keys lead from one to the other.
            tabIndex={index === chosen ? 0 : -1}
            onClick={() => setChosen(index)}
            onKeyDown={move}
            className={tabClass}
          >
            {language}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${chosen}`} className="mt-3">
        <Sample label={name} text={text} />
        <div className="mt-2 flex justify-end">
          <CopyButton text={text} label={`${t('action.copy')}: ${name}`} />
        </div>
      </div>
    </>
  );
}

/** Text for a program: its long lines scroll inside, also with the keyboard. */
function Sample({ label, text }: { label: string; text: string }) {
  return (
    <pre
      aria-label={label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls
      tabIndex={0}
      className="overflow-x-auto rounded-md bg-sunken p-4 font-mono text-xs leading-5"
    >
      {text}
    </pre>
  );
}

/** `label` says what is copied, where several things can be. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useWords();
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    showToast({ kind: 'done', text: t('toast.copied') });
  };
  return (
    <Button aria-label={label} onClick={() => void copy()}>
      {t('action.copy')}
    </Button>
  );
}
