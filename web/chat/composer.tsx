import { useQueryClient } from '@tanstack/react-query';
import { ArrowUp, Square } from 'lucide-react';
import { useEffect, useId, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from 'react';
import { accountKeys, useProfile, useQuota } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { drafts } from '../lib/drafts.ts';
import { useWords } from '../lib/language.ts';
import { useOnline } from '../lib/online.ts';
import { enterSends, isTouchPrimary } from '../lib/touch.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { QuotaCard, QuotaChip } from './quota.tsx';
import { RefusalNotice } from './refusal-notice.tsx';
import type { Thread, ThreadView } from './thread.ts';
import { useEscapeStops } from './use-escape-stops.ts';

export interface ComposerHandle {
  /** Puts a text into the field, to be changed or sent. */
  fill(text: string): void;
}

interface ComposerProps {
  thread: Thread;
  view: ThreadView;
  ref: Ref<ComposerHandle>;
}

export function Composer({ thread, view, ref }: ComposerProps) {
  const { t } = useWords();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [blank, setBlank] = useState(true);
  const { save, write } = useDraft(field, view, setBlank);
  const underWay = thread.underWay;
  const blocked = useBlocked();
  const goToLogin = useGoToLogin();
  const profile = useProfile();
  useEscapeStops(thread);

  function submit(text: string): void {
    if (profile === null) return goToLogin();
    if (blocked || thread.underWay) return;
    const { refusal } = view;
    // The draft stays until the server has the text.
    field.current!.value = '';
    resize(field.current!);
    setBlank(true);
    thread.send(text, refusal?.question === text ? refusal.key : undefined);
  }
  const send = useKoreanEnter(field, { submit, enterSends });

  useRefusal(view, (text) => write(field.current!.value.trim() ? `${text}\n\n${field.current!.value}` : text));
  useImperativeHandle(ref, () => ({ fill: write }), [write]);

  return (
    <div className="reading shrink-0 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
      <QuotaCard id={`${id}-quota`} />
      {view.refusal && <RefusalNotice refusal={view.refusal} onRetry={send} onClose={() => thread.forgetRefusal()} />}
      <div className="rounded-lg border border-edge/50 bg-raised shadow-float transition-colors duration-150 has-[textarea:focus-visible]:border-edge">
        <label htmlFor={id} className="sr-only">
          {t('composer.label')}
        </label>
        <textarea
          ref={field}
          id={id}
          data-composer
          rows={1}
          enterKeyHint={enterSends() ? 'send' : 'enter'}
          placeholder={t('composer.placeholder')}
          onPaste={({ currentTarget, clipboardData }) =>
            lightenLong(currentTarget, currentTarget.value.length + clipboardData.getData('text/plain').length)
          }
          onInput={({ currentTarget }) => {
            save(currentTarget.value);
            resize(currentTarget);
            thread.forgetRefusal();
          }}
          onKeyDown={({ key, currentTarget }) => key === 'ArrowUp' && currentTarget.value === '' && editLastQuestion()}
          className="block max-h-[40dvh] min-h-12 w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base leading-6 outline-none [field-sizing:content] placeholder:text-soft data-long:h-[40dvh] data-long:font-[sans-serif] data-long:break-normal data-long:tracking-normal data-long:[field-sizing:fixed]"
        />
        <div className="flex min-h-12 items-center justify-between gap-2 pr-2 pb-2 pl-4">
          <QuotaChip />
          {underWay ? (
            <button
              type="button"
              aria-label={t('composer.stop')}
              title={t('composer.stop')}
              aria-busy={underWay.stopping || undefined}
              onClick={({ detail }) => {
                // The second half of a double click on "send", in whose place this button has come.
                if (detail > 1) return;
                void thread.stop();
                field.current?.focus();
              }}
              className="ml-auto grid size-9 shrink-0 place-items-center rounded-full bg-ink text-ground aria-busy:opacity-50 touch:size-11"
            >
              <Square aria-hidden className="size-3.5 fill-current" />
            </button>
          ) : (
            <button
              type="button"
              aria-label={t('composer.send')}
              title={t('composer.send')}
              aria-disabled={blank || blocked !== undefined || undefined}
              aria-describedby={blocked === 'quota' ? `${id}-quota` : undefined}
              onClick={() => {
                send();
                if (!isTouchPrimary()) field.current?.focus();
              }}
              className="ml-auto grid size-9 shrink-0 place-items-center rounded-full bg-ember text-on-ember transition-colors duration-150 hover:bg-ember-strong aria-disabled:bg-sunken aria-disabled:text-soft touch:size-11"
            >
              <ArrowUp aria-hidden className="size-5" strokeWidth={2.25} />
            </button>
          )}
        </div>
      </div>
      <p className="pt-2 text-center text-xs text-soft">{t('composer.note')}</p>
    </div>
  );
}

/** Why nothing can be sent now. */
function useBlocked(): 'quota' | 'offline' | undefined {
  const online = useOnline();
  const quota = useQuota();
  if (!online) return 'offline';
  return quota?.remaining === 0 ? 'quota' : undefined;
}

/** Keeps what stands in the field as the draft of this conversation. */
function useDraft(
  field: React.RefObject<HTMLTextAreaElement | null>,
  view: ThreadView,
  setBlank: (blank: boolean) => void,
) {
  const profile = useProfile();
  const owner = profile === undefined ? undefined : (profile?.id ?? 'guest');
  const place = view.sessionId ?? 'new';

  function save(text: string): void {
    setBlank(text.trim() === '');
    if (owner !== undefined) drafts.save(owner, place, text);
  }
  function write(text: string): void {
    const element = field.current!;
    element.value = text;
    resize(element);
    save(text);
    element.focus();
    element.setSelectionRange(text.length, text.length);
  }

  useLayoutEffect(() => {
    const element = field.current;
    if (!element || owner === undefined) return;
    // A login by another site comes back with a fresh page.
    if (owner !== 'guest') drafts.adopt(owner);
    if (element.value === '') element.value = drafts.read(owner, place);
    save(element.value);
    resize(element);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only another person has another draft; a new place has moved it
  }, [owner]);
  useEffect(() => {
    if (!isTouchPrimary()) field.current?.focus({ preventScroll: true });
  }, [field]);
  return { save, write };
}

/** Gives a refused message back to the person. */
function useRefusal(view: ThreadView, giveBack: (text: string) => void): void {
  const queries = useQueryClient();
  const goToLogin = useGoToLogin();
  const { refusal } = view;
  useEffect(() => {
    if (!refusal) return;
    giveBack(refusal.question);
    const { code } = refusal.problem;
    if (code === 'quota_exhausted') void queries.invalidateQueries({ queryKey: accountKeys.profile });
    // A login that ended in mid-work is asked for in place, elsewhere.
    if (code === 'unauthenticated' && queries.getQueryData(accountKeys.profile) === undefined) goToLogin();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each refusal
  }, [refusal]);
}

function editLastQuestion(): void {
  [...document.querySelectorAll<HTMLElement>('[data-edit]')].at(-1)?.click();
}

/** Above this many characters a field is laid out as cheaply as it goes. */
const LONG = 20_000;

function lightenLong(element: HTMLTextAreaElement, length: number): void {
  element.toggleAttribute('data-long', length > LONG);
  element.spellcheck = length <= LONG;
}

const growsByItself = CSS.supports('field-sizing', 'content');

function resize(element: HTMLTextAreaElement): void {
  lightenLong(element, element.value.length);
  if (growsByItself || element.hasAttribute('data-long')) return;
  element.style.height = 'auto';
  element.style.height = `${element.scrollHeight}px`;
}
