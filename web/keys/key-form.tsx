import type { ApiKey, KeyBody } from '#contracts/keys.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { TextField } from '../ui/text-field.tsx';
import { keyTexts } from './key-texts.ts';

interface KeyFieldsProps {
  /** Undefined for a key that is made. */
  row: ApiKey | undefined;
  errorOf: (name: string) => string | undefined;
}

const modes = ['off', 'own', 'shared'] as const;

/** Name and limits of a key. */
export function KeyFields({ row, errorOf }: KeyFieldsProps) {
  const t = useRouteTexts(keyTexts);
  return (
    <>
      <TextField
        label={t('name')}
        name="name"
        defaultValue={row?.name ?? ''}
        required
        maxLength={80}
        autoComplete="off"
        hint={t('nameHint')}
        error={errorOf('name')}
      />
      <fieldset className="space-y-4 border-t border-line pt-4">
        <legend className="sr-only">{t('limits')}</legend>
        <p className="text-soft">{t('limitsNote')}</p>
        <div className="grid gap-4 md:grid-cols-2">
          <NumberField name="daily_requests" label={t('dailyRequests')} value={row?.daily_requests} {...{ errorOf }} />
          <NumberField
            name="tokens_per_minute"
            label={t('tokensPerMinute')}
            value={row?.tokens_per_minute}
            min={1}
            {...{ errorOf }}
          />
          <NumberField
            name="monthly_budget_usd"
            label={t('monthlyBudget')}
            value={row?.monthly_budget_usd}
            step="any"
            {...{ errorOf }}
          />
          <TextField
            label={t('expiresAt')}
            name="expires_at"
            type="date"
            defaultValue={row?.expires_at ? localDay(row.expires_at) : ''}
            error={errorOf('expires_at')}
          />
        </div>
        <TextField
          label={t('modelList')}
          name="models"
          defaultValue={row?.models?.join(', ') ?? ''}
          autoComplete="off"
          spellCheck={false}
          hint={t('modelHint')}
          error={errorOf('models')}
        />
        <label className="block">
          <span className="mb-1.5 block font-medium">{t('responseCache')}</span>
          <select
            name="response_cache"
            defaultValue={row?.response_cache ?? 'off'}
            className="h-11 w-full rounded-md border border-edge bg-raised px-3 text-base"
          >
            {modes.map((mode) => (
              <option key={mode} value={mode}>
                {t(`cache.${mode}`)}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
    </>
  );
}

interface NumberFieldProps {
  name: string;
  label: string;
  value: number | null | undefined;
  min?: number;
  step?: string;
  errorOf: (name: string) => string | undefined;
}

function NumberField({ name, label, value, min = 0, step = '1', errorOf }: NumberFieldProps) {
  return (
    <TextField
      label={label}
      name={name}
      type="number"
      inputMode="decimal"
      min={min}
      step={step}
      defaultValue={value ?? ''}
      error={errorOf(name)}
    />
  );
}

function localDay(instant: string): string {
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** What the API takes; an empty field is no limit. */
export function readKeyForm(values: FormData): KeyBody {
  const text = (name: string) => String(values.get(name) ?? '').trim();
  const number = (name: string) => (text(name) === '' ? null : Number(text(name)));
  const models = text('models')
    .split(',')
    .map((model) => model.trim())
    .filter(Boolean);
  return {
    name: text('name'),
    daily_requests: number('daily_requests'),
    tokens_per_minute: number('tokens_per_minute'),
    monthly_budget_usd: number('monthly_budget_usd'),
    // The key works through the whole of its last day, where the person is.
    expires_at: text('expires_at') ? new Date(`${text('expires_at')}T23:59:59`).toISOString() : null,
    models: models.length > 0 ? models : null,
    response_cache: modes.find((mode) => mode === text('response_cache')) ?? 'off',
  };
}
