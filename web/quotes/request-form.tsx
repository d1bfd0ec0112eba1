import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useProfile } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { drafts, type DraftOwner } from '../lib/drafts.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { useSettled } from '../lib/use-settled.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { checkQuote, noQuote, QuoteFields, toForm, type QuoteDraft } from './quote-fields.tsx';
import { quoteKeys, requestQuote, similarQuery } from './quote-queries.ts';
import { quoteTexts } from './quote-texts.ts';
import { StatusBadge } from './status-badge.tsx';
import { VoteButton } from './vote-button.tsx';

const PLACE = 'board';
/** From here on two lines are taken for the same one. */
const SAME = 0.85;

interface RequestFormProps {
  /** A line that another page has handed over. */
  text: string;
  onClose: () => void;
}

/** A new request. What was typed stays until the server has it; a guest logs in when it is sent. */
export function RequestForm({ text, onClose }: RequestFormProps) {
  const t = useRouteTexts(quoteTexts);
  const profile = useProfile();
  const owner = profile?.id ?? 'guest';
  const goToLogin = useGoToLogin();
  const field = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(() => readDraft(owner, text));
  const [checked, setChecked] = useState(false);
  const { submit, busy, problem } = useSubmit(() => {
    drafts.clear(owner, PLACE);
    onClose();
  });
  useEffect(() => field.current?.focus(), []);
  const change = (next: QuoteDraft) => {
    setDraft(next);
    drafts.save(owner, PLACE, JSON.stringify(next));
  };
  const send = (content: string) => {
    const whole = { ...draft, content };
    setChecked(true);
    if (checkQuote(whole)) return field.current?.focus();
    if (profile === null) return goToLogin();
    void submit(whole);
  };
  const press = useKoreanEnter(field, { submit: send, enterSends: () => false });
  return (
    <section aria-labelledby="request" className="mb-8 animate-rise rounded-lg border border-line bg-raised p-4 md:p-6">
      <h2 id="request" className="mb-4 text-base">
        {t('formTitle')}
      </h2>
      <QuoteFields
        draft={draft}
        onChange={change}
        field={field}
        error={checked ? checkQuote(draft) : undefined}
        note={<Similar content={draft.content} />}
      />
      <div className="mt-6 space-y-4">
        {problem && <ErrorNotice problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button look="primary" busy={busy} onClick={() => (draft.content.trim() === '' ? send('') : press())}>
            {t(profile === null ? 'login' : 'submit')}
          </Button>
        </div>
      </div>
    </section>
  );
}

function readDraft(owner: DraftOwner, text: string): QuoteDraft {
  try {
    const kept = { ...noQuote, ...(JSON.parse(drafts.read(owner, PLACE)) as Partial<QuoteDraft>) };
    return kept.content === '' ? { ...kept, content: text } : kept;
  } catch {
    return { ...noQuote, content: text };
  }
}

function useSubmit(onSent: () => void) {
  const t = useRouteTexts(quoteTexts);
  const queries = useQueryClient();
  // Two quick presses come before the page has drawn that it is at work.
  const atWork = useRef(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const submit = async (draft: QuoteDraft) => {
    if (atWork.current) return;
    atWork.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      await requestQuote(toForm(draft));
      showToast({ kind: 'done', text: t('sent') });
      void queries.invalidateQueries({ queryKey: quoteKeys.all });
      onSent();
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      atWork.current = false;
      setBusy(false);
    }
  };
  return { submit, busy, problem };
}

/** What others have asked for already, found while one types. */
function Similar({ content }: { content: string }) {
  const t = useRouteTexts(quoteTexts);
  const found = useQuery(similarQuery(useSettled(content.trim(), 500)));
  const rows = content.trim() === '' ? [] : (found.data?.results ?? []).slice(0, 3);
  if (rows.length === 0) return <output className="sr-only" />;
  return (
    <output className="block rounded-md bg-sunken px-4 py-3">
      <span className="block font-medium">{t(rows[0]!.similarity >= SAME ? 'same' : 'similar')}</span>
      {rows.map((row) => (
        <span key={row.id} className="mt-2 flex items-center gap-3">
          <VoteButton quote={row} />
          <span className="min-w-0 flex-1">
            <span className="line-clamp-2">{row.content}</span>
            <StatusBadge status={row.status} />
          </span>
        </span>
      ))}
    </output>
  );
}
