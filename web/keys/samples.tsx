import { useWords } from '../lib/language.ts';
import { apiAddress } from '../lib/api-address.ts';
import { showToast } from '../lib/toasts.ts';
import { Button } from '../ui/button.tsx';

export const baseUrl = (): string => `${apiAddress()}/v1`;

export function curlSample(key: string): string {
  const body = JSON.stringify({ messages: [{ role: 'user', content: '안녕' }] });
  return [
    `curl ${baseUrl()}/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '${body}'`,
  ].join('\n');
}

export function scriptSample(key: string): string {
  return [
    `const answer = await fetch('${baseUrl()}/chat/completions', {`,
    "  method: 'POST',",
    `  headers: { Authorization: 'Bearer ${key}', 'Content-Type': 'application/json' },`,
    "  body: JSON.stringify({ messages: [{ role: 'user', content: '안녕' }] }),",
    '});',
    'console.log((await answer.json()).choices[0].message.content);',
  ].join('\n');
}

/** Text for a program: its long lines scroll inside, also with the keyboard. */
export function Sample({ label, text }: { label: string; text: string }) {
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
