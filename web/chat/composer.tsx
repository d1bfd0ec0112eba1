import { ArrowUp, Square } from 'lucide-react';
import { memo, useId, useImperativeHandle, useRef, type Ref, type SyntheticEvent } from 'react';
import { useProfile, useQuota } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { useWords } from '../lib/language.ts';
import { afterPaint } from '../lib/after-paint.ts';
import { useOnline } from '../lib/online.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { enterSends, isTouchPrimary } from '../lib/touch.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { chatTexts } from './chat-texts.ts';
import { fitField, lightenLong } from './fit-field.ts';
import { isLong } from './long-text.ts';
import { messageOf, pieceOf, type MessageDraft } from './message-draft.ts';
import { Pieces } from './pieces.tsx';
import { QuotaCard, QuotaChip } from './quota.tsx';
import { readTexts } from './read-texts.ts';
import { RefusalNotice } from './refusal-notice.tsx';
import type { Thread } from './thread.ts';
import { sameButTurns, type ThreadView } from './thread-view.ts';
import { useEscapeStops } from './use-escape-stops.ts';
import { useMessageDraft, useRefusal } from './use-message-draft.ts';

export interface ComposerHandle {
  /** Puts a text into the field, to be changed or sent. */
  fill(text: string): void;
}

interface ComposerProps {
  thread: Thread;
  view: ThreadView;
  /** An answer is being written, or is about to stop. */
  writing: 'yes' | 'stopping' | undefined;
  ref: Ref<ComposerHandle>;
}

export const Composer = memo(
  Field,
  (one, other) => one.thread === other.thread && one.writing === other.writing && sameButTurns(one.view, other.view),
);

function Field({ thread, view, writing, ref }: ComposerProps) {
  const { t } = useWords();
  const words = useRouteTexts(chatTexts);
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = useMessageDraft(field, view);
  const sent = useRef<MessageDraft>(undefined);
  const blocked = useBlocked(draft.percentTooLong > 0);
  const goToLogin = useGoToLogin();
  const profile = useProfile();
  useEscapeStops(thread);

  function submit(): void {
    if (profile === null) return goToLogin();
    if (blocked || thread.underWay) return;
    const { refusal } = view;
    sent.current = draft.read();
    const text = messageOf(sent.current);
    draft.empty();
    // The key that sends is answered by the empty field; drawing the question is work for the next frame.
    afterPaint(() => thread.send(text, refusal?.question === text ? refusal.key : undefined));
  }
  /** A long text stands beside the field. */
  function takeLong(event: SyntheticEvent<HTMLTextAreaElement>, data: DataTransfer): void {
    const text = data.getData('text/plain');
    if (!isLong(text)) return lightenLong(event.currentTarget, event.currentTarget.value.length + text.length);
    event.preventDefault();
    draft.keep([...draft.read().pieces, pieceOf(text)]);
    thread.forgetRefusal();
  }
  /** The files' text stands beside the field; without this the browser would open them in the place of the app. */
  async function takeFiles(files: File[]): Promise<void> {
    const texts = await readTexts(files);
    if (texts.length < files.length) showToast({ kind: 'error', text: words('notText') });
    if (texts.length > 0) draft.keep([...draft.read().pieces, ...texts.map(pieceOf)]);
    thread.forgetRefusal();
  }
  const send = useKoreanEnter(field, { submit, enterSends, readText: () => messageOf(draft.read()) });

  useRefusal(view, draft, sent);
  useImperativeHandle(ref, () => ({ fill: (text) => draft.write({ ...draft.read(), typed: text }) }), [draft]);

  return (
    <div className="reading shrink-0 pb-[max(0.5rem,env(safe-area-inset-bottom))]">
      <QuotaCard id={`${id}-quota`} />
      {view.refusal && <RefusalNotice refusal={view.refusal} onRetry={send} onClose={() => thread.forgetRefusal()} />}
      <div className="rounded-lg border border-edge/50 bg-raised shadow-float transition-colors duration-150 has-[textarea:focus-visible]:border-edge">
        <Pieces draft={draft} field={field} />
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
          onPaste={(event) => takeLong(event, event.clipboardData)}
          onDrop={(event) => {
            const files = [...event.dataTransfer.files];
            if (files.length === 0) return takeLong(event, event.dataTransfer);
            event.preventDefault();
            void takeFiles(files);
          }}
          onInput={({ currentTarget }) => {
            draft.keep();
            fitField(currentTarget);
            thread.forgetRefusal();
          }}
          onKeyDown={({ key }) => key === 'ArrowUp' && messageOf(draft.read()) === '' && editLastQuestion()}
          className="block max-h-[40dvh] min-h-12 w-full resize-none bg-transparent px-4 pt-3.5 pb-1 text-base leading-6 outline-none [field-sizing:content] placeholder:text-soft"
        />
        {draft.percentTooLong > 0 && (
          <p id={`${id}-long`} role="alert" className="px-4 pb-2 text-alarm">
            {words('tooLong', { n: draft.percentTooLong })}
          </p>
        )}
        <div className="flex min-h-12 items-center justify-between gap-2 pr-2 pb-2 pl-4">
          <QuotaChip />
          {writing ? (
            <button
              type="button"
              aria-label={t('composer.stop')}
              title={t('composer.stop')}
              aria-busy={writing === 'stopping' || undefined}
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
              aria-disabled={draft.blank || blocked !== undefined || undefined}
              aria-describedby={blocked && blocked !== 'offline' ? `${id}-${blocked}` : undefined}
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
function useBlocked(tooLong: boolean): 'quota' | 'offline' | 'long' | undefined {
  const online = useOnline();
  const quota = useQuota();
  if (!online) return 'offline';
  if (quota?.remaining === 0) return 'quota';
  return tooLong ? 'long' : undefined;
}

function editLastQuestion(): void {
  [...document.querySelectorAll<HTMLElement>('[data-edit]')].at(-1)?.click();
}
