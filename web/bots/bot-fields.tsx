import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import type { z } from 'zod';
import type { modelList } from '#contracts/chat.ts';
import { call } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Check } from '../ui/check.tsx';
import { Choices } from '../ui/choices.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { fieldClass, TextField } from '../ui/text-field.tsx';
import type { BotForm } from './bot-form.ts';
import { builderTexts } from './builder-texts.ts';
import { IntakeEditor, StartersEditor } from './rows-editor.tsx';

interface BotFieldsProps {
  form: BotForm;
  /** The fields that say what is wrong with them. */
  wrong: ReadonlySet<string>;
  onChange: (form: BotForm) => void;
  /** A field was left. */
  onLeave: (field: string) => void;
}

export function BotFields({ form, wrong, onChange, onLeave }: BotFieldsProps) {
  const t = useRouteTexts(builderTexts);
  const set = (change: Partial<BotForm>) => onChange({ ...form, ...change });
  return (
    <div className="space-y-6" onBlur={({ target }) => target.dataset.field && onLeave(target.dataset.field)}>
      <TextField
        label={t('name')}
        data-field="name"
        required
        maxLength={60}
        value={form.name}
        error={wrong.has('name') ? t('nameWrong') : undefined}
        onChange={({ target }) => set({ name: target.value })}
      />
      <TextField
        label={t('description')}
        maxLength={300}
        value={form.description}
        onChange={({ target }) => set({ description: target.value })}
      />
      <TextArea
        label={t('instructions')}
        rows={10}
        maxLength={100_000}
        hint={t('instructionsHint', { n: [...form.instructions].length.toLocaleString() })}
        value={form.instructions}
        onChange={({ target }) => set({ instructions: target.value })}
      />
      <TextArea
        label={t('greeting')}
        rows={2}
        maxLength={1_000}
        value={form.greeting}
        onChange={({ target }) => set({ greeting: target.value })}
      />
      <StartersEditor rows={form.starters} onChange={(starters) => set({ starters })} />
      <IntakeEditor rows={form.intake} wrong={wrong} onChange={(intake) => set({ intake })} />
      <ModelField model={form.model} onChange={(model) => set({ model })} />
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label={t('temperature')}
          data-field="temperature"
          inputMode="decimal"
          hint={t('temperatureHint')}
          error={wrong.has('temperature') ? t('temperatureWrong') : undefined}
          value={form.temperature}
          onChange={({ target }) => set({ temperature: target.value })}
        />
        <TextField
          label={t('maxTokens')}
          data-field="max_tokens"
          inputMode="numeric"
          hint={t('maxTokensHint')}
          error={wrong.has('max_tokens') ? t('maxTokensWrong') : undefined}
          value={form.max_tokens}
          onChange={({ target }) => set({ max_tokens: target.value })}
        />
      </div>
      <Choices
        legend={t('visibility')}
        options={(['private', 'public'] as const).map((value) => ({ value, label: t(value) }))}
        value={form.default_visibility}
        onChange={(default_visibility) => set({ default_visibility })}
      />
      <Check label={t('readsQuotes')} checked={form.reads_quotes} onChange={(reads_quotes) => set({ reads_quotes })} />
    </div>
  );
}

function ModelField({ model, onChange }: { model: string | null; onChange: (model: string | null) => void }) {
  const t = useRouteTexts(builderTexts);
  const id = useId();
  const listed = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => call<z.infer<typeof modelList>>('/models', { signal }),
  });
  const ids = listed.data?.models.map((each) => each.id) ?? [];
  // A model that the provider does not list (any more) stays chosen until another one is.
  const shown = model === null || ids.includes(model) ? ids : [model, ...ids];
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {t('model')}
      </label>
      <select
        id={id}
        value={model ?? ''}
        onChange={({ target }) => onChange(target.value || null)}
        className={fieldClass}
      >
        <option value="">{t('defaultModel')}</option>
        {shown.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </div>
  );
}
