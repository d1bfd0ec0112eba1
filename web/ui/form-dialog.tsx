import { useState, type FormEvent, type ReactNode } from 'react';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useWords } from '../lib/language.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorNotice } from './notice.tsx';

type Failures = Record<string, string>;

interface FormDialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  note?: ReactNode;
  /** What the button says. */
  action: string;
  danger?: boolean;
  /** What is wrong with a field, by its name in the API; by an error code, what is wrong with the whole. */
  failures?: Failures;
  /** Closes the window when it ends well, unless it returns false. */
  onSubmit: (values: FormData) => Promise<unknown>;
  children?: (errorOf: (name: string) => string | undefined) => ReactNode;
}

/** A window with a few fields and one thing to do; what the server refuses is said at the field. */
export function FormDialog({ open, onClose, title, ...form }: FormDialogProps) {
  return (
    <Dialog open={open} onClose={onClose} title={title}>
      <Form {...form} onClose={onClose} />
    </Dialog>
  );
}

function Form(props: Omit<FormDialogProps, 'open' | 'title'>) {
  const { note, action, danger = false, failures = {}, onSubmit, onClose, children } = props;
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const errorOf = (name: string) =>
    problem?.fields.some(({ path }) => path.split('.', 1)[0] === name) ? failures[name] : undefined;
  const saidAtField = problem?.fields.some(({ path }) => errorOf(path.split('.', 1)[0]!));

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      if ((await onSubmit(new FormData(event.currentTarget))) !== false) onClose();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4">
      {note && <div className="text-soft">{note}</div>}
      {children?.(errorOf)}
      {problem && !saidAtField && <ErrorNotice problem={problem}>{failures[problem.code]}</ErrorNotice>}
      <div className="flex justify-end gap-2 pt-2">
        <Button look="quiet" onClick={onClose}>
          {t('action.cancel')}
        </Button>
        <Button type="submit" look={danger ? 'danger' : 'primary'} busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
