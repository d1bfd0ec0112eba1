import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { asProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { problemText } from '../lib/problem-text.ts';
import { showToast } from '../lib/toasts.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { renameSession, sessionKeys } from '../sessions/session-queries.ts';
import type { SessionRow } from '#contracts/sessions.ts';

interface RenameFieldProps {
  row: Pick<SessionRow, 'id' | 'title'>;
  /** `byKey`: the focus was in the field, and has to go somewhere. */
  onDone: (byKey: boolean) => void;
  onRenamed?: () => void;
}

/** The title of a conversation while it is changed: Enter saves, Esc leaves it as it was. */
export function RenameField({ row, onDone, onRenamed }: RenameFieldProps) {
  const { t } = useWords();
  const queries = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useEffect(() => field.current?.select(), []);

  async function save(title: string, byKey: boolean): Promise<void> {
    if (over.current) return;
    over.current = true;
    onDone(byKey);
    const trimmed = title.trim();
    if (trimmed === '' || trimmed === row.title) return;
    try {
      await renameSession(row.id, trimmed);
      onRenamed?.();
    } catch (error) {
      showToast({ kind: 'error', text: problemText(asProblem(error), t) });
    }
    await queries.invalidateQueries({ queryKey: sessionKeys.all });
  }
  useKoreanEnter(field, { submit: (text) => void save(text, true), enterSends: () => true });

  return (
    <input
      ref={field}
      defaultValue={row.title}
      aria-label={t('history.renameLabel')}
      maxLength={200}
      // oxlint-disable-next-line jsx-a11y/no-autofocus -- the person has just asked to write here
      autoFocus
      onKeyDown={(event) => {
        // Esc in mid-composition belongs to the input method.
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
        over.current = true;
        onDone(true);
      }}
      onBlur={({ target }) => void save(target.value, false)}
      className="h-10 w-full rounded-md border border-edge bg-raised px-2 text-base focus-visible:border-ember focus-visible:outline-offset-0"
    />
  );
}
