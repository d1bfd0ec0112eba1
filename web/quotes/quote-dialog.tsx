import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Quote, QuoteStatus } from '#contracts/quotes.ts';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { useSettled } from '../lib/use-settled.ts';
import { Button } from '../ui/button.tsx';
import { Choices } from '../ui/choices.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { checkQuote, QuoteFields, toForm, type QuoteDraft } from './quote-fields.tsx';
import type { QuoteAction } from './quote-item.tsx';
import { changeQuote, deleteQuote, mergeQuote, quoteKeys, similarQuery } from './quote-queries.ts';
import { quoteTexts, type QuoteText } from './quote-texts.ts';

interface QuoteDialogProps {
  quote: Quote;
  action: QuoteAction;
  /** What a decision begins with; otherwise with the status that the request has. */
  status?: QuoteStatus | undefined;
  onClose: () => void;
}

const titles = { edit: 'editTitle', decide: 'decide', merge: 'merge', remove: 'removeTitle' } as const;

/** What its owner and the administrators can do with a request. */
export function QuoteDialog({ action, onClose, ...body }: QuoteDialogProps) {
  const t = useRouteTexts(quoteTexts);
  const Body = bodies[action];
  return (
    <Dialog open title={t(titles[action])} onClose={onClose}>
      <Body {...body} onClose={onClose} />
    </Dialog>
  );
}

type BodyProps = Omit<QuoteDialogProps, 'action'>;

const bodies: Record<QuoteAction, (props: BodyProps) => React.ReactNode> = {
  edit: Edit,
  decide: Decide,
  merge: Merge,
  remove: Remove,
};

/** Carries out a change; the dialog closes when it is done, and says why where it is not. */
function useChange({ onClose }: BodyProps, done: QuoteText) {
  const t = useRouteTexts(quoteTexts);
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const run = async (change: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await change();
      showToast({ kind: 'done', text: t(done) });
      await queries.invalidateQueries({ queryKey: quoteKeys.all });
      onClose();
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  };
  return { run, busy, problem };
}

interface FootProps {
  label: string;
  change: Omit<ReturnType<typeof useChange>, 'run'>;
  danger?: boolean;
  disabled?: boolean;
  onClose: () => void;
  onPress: () => void;
}

function Foot({ label, change: { busy, problem }, danger = false, disabled = false, onClose, onPress }: FootProps) {
  const t = useRouteTexts(quoteTexts);
  return (
    <div className="mt-6 space-y-4">
      {problem && <ErrorNotice problem={problem} />}
      <div className="flex justify-end gap-2">
        <Button look="quiet" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button look={danger ? 'danger' : 'primary'} busy={busy} disabled={disabled} onClick={onPress}>
          {label}
        </Button>
      </div>
    </div>
  );
}

function Edit(props: BodyProps) {
  const { quote, onClose } = props;
  const t = useRouteTexts(quoteTexts);
  const field = useRef<HTMLTextAreaElement>(null);
  const { content, speaker, episode, situation } = quote;
  const [draft, setDraft] = useState<QuoteDraft>({
    content,
    speaker: speaker ?? '',
    episode: episode ?? '',
    situation: situation ?? '',
  });
  const { run, ...change } = useChange(props, 'saved');
  const save = (text: string) => {
    const whole = { ...draft, content: text };
    if (!checkQuote(whole)) void run(() => changeQuote(quote.id, toForm(whole)));
  };
  const press = useKoreanEnter(field, { submit: save, enterSends: () => false });
  return (
    <>
      <QuoteFields draft={draft} onChange={setDraft} field={field} error={checkQuote(draft)} />
      <Foot label={t('save')} change={change} onClose={onClose} onPress={press} />
    </>
  );
}

const statuses = ['requested', 'planned', 'applied', 'declined'] as const satisfies QuoteStatus[];

function Decide(props: BodyProps) {
  const { quote, onClose } = props;
  const t = useRouteTexts(quoteTexts);
  const [status, setStatus] = useState<QuoteStatus>(props.status ?? quote.status);
  const [reply, setReply] = useState(quote.reply ?? '');
  const { run, ...change } = useChange(props, 'saved');
  return (
    <>
      <p className="mb-4 line-clamp-3 text-soft">{quote.content}</p>
      <Choices
        legend={t('status')}
        options={statuses.map((value) => ({ value, label: t(value) }))}
        value={status}
        onChange={setStatus}
      />
      <TextArea
        className="mt-4"
        label={t('reply')}
        maxLength={2_000}
        value={reply}
        onChange={({ target }) => setReply(target.value)}
      />
      <Foot
        label={t('save')}
        change={change}
        onClose={onClose}
        onPress={() => void run(() => changeQuote(quote.id, { status, reply }))}
      />
    </>
  );
}

function Merge(props: BodyProps) {
  const { quote, onClose } = props;
  const t = useRouteTexts(quoteTexts);
  const [text, setText] = useState(quote.content);
  const [into, setInto] = useState<string>();
  const found = useQuery(similarQuery(useSettled(text.trim())));
  const others = found.data?.results.filter(({ id }) => id !== quote.id);
  const { run, ...change } = useChange(props, 'merged');
  return (
    <>
      <p className="mb-4 text-soft">{t('mergeNote')}</p>
      <SearchField label={t('search')} value={text} onChange={setText} className="mb-4" />
      {others?.length === 0 && <output className="block text-soft">{t('mergeNone')}</output>}
      {others && others.length > 0 && (
        <Choices
          legend={t('mergeInto')}
          stacked
          options={others.map(({ id, content }) => ({ value: String(id), label: content }))}
          value={into}
          onChange={setInto}
        />
      )}
      <Foot
        label={t('mergeNow')}
        change={change}
        disabled={!others?.some(({ id }) => String(id) === into)}
        onClose={onClose}
        onPress={() => void run(() => mergeQuote(quote.id, Number(into)))}
      />
    </>
  );
}

function Remove(props: BodyProps) {
  const { quote, onClose } = props;
  const t = useRouteTexts(quoteTexts);
  const { run, ...change } = useChange(props, 'removed');
  return (
    <>
      <p className="line-clamp-3 font-medium">{quote.content}</p>
      <p className="mt-2 text-soft">{t('removeNote')}</p>
      <Foot
        label={t('remove')}
        danger
        change={change}
        onClose={onClose}
        onPress={() => void run(() => deleteQuote(quote.id))}
      />
    </>
  );
}
