import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { IntakeQuestion } from '#contracts/sessions.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { enterSends } from '../lib/touch.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { shortcutsAreOn } from '../shell/shortcuts.ts';
import { Button } from '../ui/button.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { checkAnswer, withAnswer, type GuidedDraft, type Refused } from './guided-draft.ts';
import { guidedTexts } from './guided-texts.ts';

interface StepProps {
  intake: IntakeQuestion[];
  draft: GuidedDraft;
  onChange: (draft: GuidedDraft) => void;
}

/** One question: what was said so far, the answer, and examples that fill it. */
export function GuidedStep({ intake, draft, onChange }: StepProps) {
  const t = useRouteTexts(guidedTexts);
  const { step } = draft;
  const { question, kind, required } = intake[step]!;
  const answer = draft.answers[step]!;
  const field = useRef<HTMLTextAreaElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const [refused, setRefused] = useState<Refused>();
  const [hinted, setHinted] = useState(false);
  useEffect(() => heading.current?.focus(), []);

  const goOn = (text: string) => {
    const reason = checkAnswer(text, required, hinted);
    setRefused(reason);
    if (reason === 'short') setHinted(true);
    if (reason) return field.current?.focus();
    const next = draft.reviewing ? intake.length : step + 1;
    onChange({ ...withAnswer(draft, step, text.trim()), step: next });
  };
  const send = useKoreanEnter(field, { submit: goOn, enterSends, local: true });
  // An empty field has no syllable to wait for, and what it means here (skip, or a reminder) is no message.
  const isEmpty = () => field.current?.value.trim() === '';
  const proceed = () => (isEmpty() ? goOn('') : send());
  const onKeyDown = ({ key, shiftKey, nativeEvent }: KeyboardEvent<HTMLTextAreaElement>) => {
    if (key === 'Enter' && !shiftKey && !nativeEvent.isComposing && enterSends() && isEmpty()) goOn('');
  };
  const examples = ([0, 1] as const).map((index) => t(`example.${kind}.${index}`));
  const pick = (example: string) => {
    onChange(withAnswer(draft, step, example));
    field.current?.focus();
  };
  const back = () => step > 0 && onChange({ ...draft, step: step - 1 });
  useStepKeys({ back, pick: (index) => examples[index] && pick(examples[index]) });

  return (
    <section aria-labelledby="step" className="animate-appear">
      <Said intake={intake} draft={draft} />
      <p className="text-xs text-soft tabular-nums">{t('progress', { n: step + 1, of: intake.length })}</p>
      <div aria-hidden className="mt-2 mb-6 h-1 overflow-hidden rounded-sm bg-sunken">
        <div className="h-full bg-ember" style={{ width: `${((step + 1) / intake.length) * 100}%` }} />
      </div>
      <h2 id="step" ref={heading} tabIndex={-1} className="mb-3 text-lg text-balance">
        <span className="sr-only">{t('progress', { n: step + 1, of: intake.length })} </span>
        {question}
      </h2>
      <TextArea
        ref={field}
        label={question}
        className="[&>label]:sr-only"
        rows={4}
        maxLength={20_000}
        value={answer}
        onKeyDown={onKeyDown}
        onChange={({ target }) => onChange(withAnswer(draft, step, target.value))}
        error={refused === 'empty' ? t('required') : undefined}
        hint={refused === 'short' ? t('short') : required ? undefined : t('optional')}
      />
      <ul aria-label={t('examples')} className="mt-3 flex flex-wrap gap-2">
        {examples.map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => pick(example)}
              className="min-h-9 rounded-md border border-line px-3 py-1.5 text-left hover:bg-sunken touch:min-h-11"
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
      <div className="mt-8 flex justify-between">
        <Button look="quiet" disabled={step === 0} onClick={back} className="-ml-4">
          {t('previous')}
        </Button>
        <Button look="primary" local onClick={proceed}>
          {t(!required && answer.trim() === '' ? 'skip' : 'next')}
        </Button>
      </div>
    </section>
  );
}

/** The questions before this one, with their answers, as a conversation reads. */
function Said({ intake, draft }: Pick<StepProps, 'intake' | 'draft'>) {
  return intake.slice(0, draft.step).map(({ question }, index) => (
    <div key={question} className="mb-6">
      <p>{question}</p>
      {draft.answers[index] && (
        <p className="mt-2 ml-auto w-fit max-w-[85%] rounded-lg bg-sunken px-4 py-2.5 whitespace-pre-wrap">
          {draft.answers[index]}
        </p>
      )}
    </div>
  ));
}

/** Unless shortcuts are switched off, Alt+← goes back; digits pick an example while no field has the focus. */
function useStepKeys(keys: { back: () => void; pick: (index: number) => void }): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (!shortcutsAreOn()) return;
      const writing = document.activeElement?.matches('input, textarea, [contenteditable]');
      if (event.altKey && event.key === 'ArrowLeft') {
        event.preventDefault();
        latest.current.back();
      } else if (!writing && !event.ctrlKey && !event.metaKey && !event.altKey && /^[1-9]$/.test(event.key)) {
        event.preventDefault();
        latest.current.pick(Number(event.key) - 1);
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
