import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { IntakeQuestion } from '#contracts/sessions.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Check } from '../ui/check.tsx';
import { TextField } from '../ui/text-field.tsx';
import { newKey, questionField, type BotForm } from './bot-form.ts';
import { builderTexts } from './builder-texts.ts';

const MOST_STARTERS = 4;
const MOST_QUESTIONS = 10;

interface EditorProps<Name extends 'starters' | 'intake'> {
  rows: BotForm[Name];
  onChange: (rows: BotForm[Name]) => void;
}

export function StartersEditor({ rows, onChange }: EditorProps<'starters'>) {
  const t = useRouteTexts(builderTexts);
  return (
    <fieldset>
      <legend className="font-medium">{t('starters')}</legend>
      <p className="mt-1 text-xs text-soft">{t('startersHint')}</p>
      <ul className="mt-3 space-y-2">
        {rows.map(({ key, text }, index) => (
          <li key={key} className="flex items-center gap-1">
            <TextField
              label={t('starter', { n: index + 1 })}
              className="min-w-0 flex-1 [&>label]:sr-only"
              maxLength={200}
              value={text}
              onChange={({ target }) => onChange(rows.with(index, { key, text: target.value }))}
            />
            <IconButton
              icon={Trash2}
              label={t('removeStarter', { n: index + 1 })}
              onClick={() => onChange(rows.toSpliced(index, 1))}
            />
          </li>
        ))}
      </ul>
      {rows.length < MOST_STARTERS && (
        <Button look="quiet" className="mt-2 -ml-4" onClick={() => onChange([...rows, { key: newKey(), text: '' }])}>
          <Plus aria-hidden className="size-4" />
          {t('addStarter')}
        </Button>
      )}
    </fieldset>
  );
}

const kinds = ['current_state', 'goal', 'misc'] as const satisfies IntakeQuestion['kind'][];

/** The questions of a guided session, moved by buttons, so that no dragging is needed. */
export function IntakeEditor({ rows, onChange, wrong }: EditorProps<'intake'> & { wrong: ReadonlySet<string> }) {
  const t = useRouteTexts(builderTexts);
  const [said, setSaid] = useState('');
  const set = (index: number, change: Partial<IntakeQuestion>) =>
    onChange(rows.with(index, { ...rows[index]!, ...change }));
  const move = (index: number, by: 1 | -1) => {
    const to = index + by;
    if (to < 0 || to >= rows.length) return;
    onChange(rows.with(index, rows[to]!).with(to, rows[index]!));
    setSaid(t('moved', { n: to + 1 }));
  };
  return (
    <fieldset>
      <legend className="font-medium">{t('intake')}</legend>
      <p className="mt-1 text-xs text-soft">{t('intakeHint')}</p>
      <ol className="mt-3 space-y-3">
        {rows.map(({ key, kind, question, required }, index) => (
          <li key={key} className="rounded-md border border-line p-3">
            <TextField
              label={t('question', { n: index + 1 })}
              maxLength={300}
              value={question}
              data-field={questionField(key)}
              error={wrong.has(questionField(key)) ? t('questionMissing') : undefined}
              onChange={({ target }) => set(index, { question: target.value })}
            />
            <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2">
              <select
                aria-label={`${t('kind')}: ${t('question', { n: index + 1 })}`}
                value={kind}
                onChange={({ target }) => set(index, { kind: target.value as IntakeQuestion['kind'] })}
                className="h-9 rounded-md border border-edge bg-raised px-2 text-base md:text-sm touch:h-11"
              >
                {kinds.map((each) => (
                  <option key={each} value={each}>
                    {t(each)}
                  </option>
                ))}
              </select>
              <Check label={t('required')} checked={required} onChange={(next) => set(index, { required: next })} />
              <div className="ml-auto flex">
                <IconButton
                  small
                  icon={ArrowUp}
                  label={t('up', { n: index + 1 })}
                  aria-disabled={index === 0}
                  className="aria-disabled:opacity-40"
                  onClick={() => move(index, -1)}
                />
                <IconButton
                  small
                  icon={ArrowDown}
                  label={t('down', { n: index + 1 })}
                  aria-disabled={index === rows.length - 1}
                  className="aria-disabled:opacity-40"
                  onClick={() => move(index, 1)}
                />
                <IconButton
                  small
                  icon={Trash2}
                  label={t('removeQuestion', { n: index + 1 })}
                  onClick={() => onChange(rows.toSpliced(index, 1))}
                />
              </div>
            </div>
          </li>
        ))}
      </ol>
      <output className="sr-only">{said}</output>
      {rows.length < MOST_QUESTIONS && (
        <Button
          look="quiet"
          className="mt-2 -ml-4"
          onClick={() => onChange([...rows, { key: newKey(), kind: 'misc', question: '', required: false }])}
        >
          <Plus aria-hidden className="size-4" />
          {t('addQuestion')}
        </Button>
      )}
    </fieldset>
  );
}
