import { Eye, FileText, TextCursorInput, X, type LucideIcon } from 'lucide-react';
import { Suspense, useEffect, useRef, useState, type RefObject } from 'react';
import { useWords } from '../lib/language.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { IconButton } from '../ui/button.tsx';
import { chatTexts } from './chat-texts.ts';
import { LongTextDialog } from './lazy-long-text-dialog.tsx';
import { MOST_TYPED, type Piece } from './message-draft.ts';
import type { DraftHandle } from './use-message-draft.ts';

/** To undo takes a decision. */
const UNDO_MS = 6_000;
const PREVIEW = 120;

interface PiecesProps {
  draft: DraftHandle;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** What was pasted and stands beside the field: to look at, to take apart, and to take away again. */
export function Pieces({ draft, field }: PiecesProps) {
  const t = useRouteTexts(chatTexts);
  const { t: word } = useWords();
  const nameOf = usePieceName();
  const heard = useHeard(draft.pieces);
  const [seen, setSeen] = useState<Piece>();
  const latest = useRef(draft);
  useEffect(() => {
    latest.current = draft;
  });

  function take(at: number): void {
    draft.keep(draft.read().pieces.toSpliced(at, 1));
    field.current?.focus();
  }
  function remove(piece: Piece, at: number): void {
    take(at);
    const undo = () => {
      if (!field.current) return;
      latest.current.keep(latest.current.read().pieces.toSpliced(at, 0, piece));
      field.current.focus();
    };
    showToast({ kind: 'done', text: t('pastedRemoved'), action: { label: word('action.undo'), run: undo } }, UNDO_MS);
  }
  function putIntoField(piece: Piece, at: number): void {
    const { typed, pieces } = draft.read();
    const parts = [typed, piece.text].filter((part) => part !== '');
    draft.write({ typed: parts.join('\n\n'), pieces: pieces.toSpliced(at, 1) });
  }

  return (
    <>
      <output className="sr-only">{heard}</output>
      {draft.pieces.length > 0 && (
        <ul aria-label={t('pasted')} className="space-y-2 px-2 pt-2">
          {draft.pieces.map((piece, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- the same text may be pasted twice
            <li key={at} className="flex items-center gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
              <FileText aria-hidden className="size-4 shrink-0 text-soft" strokeWidth={1.75} />
              <div className="min-w-0 flex-1">
                <p className="truncate font-medium">{nameOf(piece)}</p>
                <p className="truncate text-xs text-soft">{piece.text.slice(0, PREVIEW)}</p>
              </div>
              <Action icon={Eye} label={t('pastedLook', { text: nameOf(piece) })} onClick={() => setSeen(piece)} />
              {piece.text.length + draft.read().typed.length < MOST_TYPED && (
                <Action
                  icon={TextCursorInput}
                  label={t('pastedIntoField', { text: nameOf(piece) })}
                  onClick={() => putIntoField(piece, at)}
                />
              )}
              <Action icon={X} label={t('pastedRemove', { text: nameOf(piece) })} onClick={() => remove(piece, at)} />
            </li>
          ))}
        </ul>
      )}
      {seen && (
        <Suspense>
          <LongTextDialog title={nameOf(seen)} text={seen.text} onClose={() => setSeen(undefined)} />
        </Suspense>
      )}
    </>
  );
}

function Action(props: { icon: LucideIcon; label: string; onClick: () => void }) {
  return <IconButton small {...props} />;
}

function usePieceName(): (piece: Piece) => string {
  const t = useRouteTexts(chatTexts);
  const { locale } = useWords();
  const count = new Intl.NumberFormat(locale);
  return ({ text, lines }) =>
    lines > 1
      ? t('pastedLines', { n: count.format(lines) })
      : t('pastedCharacters', { n: count.format([...text].length) });
}

/** Says to a screen reader what has come beside the field. */
function useHeard(pieces: readonly Piece[]): string {
  const t = useRouteTexts(chatTexts);
  const nameOf = usePieceName();
  const before = useRef(pieces.length);
  const [heard, setHeard] = useState('');
  useEffect(() => {
    const last = pieces.at(-1);
    setHeard(last && pieces.length > before.current ? t('pastedHeard', { text: nameOf(last) }) : '');
    before.current = pieces.length;
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each change of the pieces
  }, [pieces]);
  return heard;
}
