import type { ReactNode, RefObject } from 'react';
import { useRouteTexts } from '../lib/route-texts.ts';
import { TextArea } from '../ui/text-area.tsx';
import { TextField } from '../ui/text-field.tsx';
import { MOST_CHARACTERS } from './quote-length.ts';
import type { QuoteForm } from './quote-queries.ts';
import { quoteTexts } from './quote-texts.ts';

/** What stands in the form. */
export type QuoteDraft = Record<keyof QuoteForm, string>;

const lengthOf = (text: string) => [...text].length;

export const noQuote: QuoteDraft = { content: '', speaker: '', episode: '', situation: '' };

export function toForm(draft: QuoteDraft): QuoteForm {
  const orNone = (text: string) => text.trim() || null;
  return {
    content: draft.content.trim(),
    speaker: orNone(draft.speaker),
    episode: orNone(draft.episode),
    situation: orNone(draft.situation),
  };
}

/** Why the form can't be sent yet. */
export function checkQuote({ content }: QuoteDraft): 'contentMissing' | 'contentLong' | undefined {
  if (content.trim() === '') return 'contentMissing';
  return lengthOf(content) > MOST_CHARACTERS ? 'contentLong' : undefined;
}

interface QuoteFieldsProps {
  draft: QuoteDraft;
  onChange: (draft: QuoteDraft) => void;
  field: RefObject<HTMLTextAreaElement | null>;
  error: ReturnType<typeof checkQuote>;
  /** What stands below the line. */
  note?: ReactNode;
}

export function QuoteFields({ draft, onChange, field, error, note }: QuoteFieldsProps) {
  const t = useRouteTexts(quoteTexts);
  const set = (name: keyof QuoteDraft) => (event: { target: { value: string } }) =>
    onChange({ ...draft, [name]: event.target.value });
  const detail = (name: 'speaker' | 'episode' | 'situation', most: number) => ({
    label: t('optional', { label: t(name) }),
    placeholder: t(`example.${name}`),
    value: draft[name],
    maxLength: most,
    onChange: set(name),
  });
  return (
    <div className="space-y-4">
      <TextArea
        ref={field}
        label={t('content')}
        placeholder={t('example.content')}
        required
        value={draft.content}
        onChange={set('content')}
        error={error && t(error, { of: MOST_CHARACTERS })}
        hint={t('contentHint', { n: lengthOf(draft.content), of: MOST_CHARACTERS.toLocaleString() })}
      />
      {note}
      <div className="grid gap-4 md:grid-cols-2">
        <TextField {...detail('speaker', 100)} />
        <TextField {...detail('episode', 100)} />
      </div>
      <TextField {...detail('situation', 300)} />
    </div>
  );
}
