import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { accountKeys, useProfile } from '../accounts/account-queries.ts';
import { useGoToLogin } from '../accounts/go-to-login.ts';
import { drafts } from '../lib/drafts.ts';
import { isTouchPrimary } from '../lib/touch.ts';
import { fitField } from './fit-field.ts';
import { isLong } from './long-text.ts';
import {
  isBlank,
  messageOf,
  percentTooLong,
  pieceOf,
  putBefore,
  readDraft,
  storedDraft,
  type MessageDraft,
  type Piece,
} from './message-draft.ts';
import type { ThreadView } from './thread-view.ts';

interface Shown {
  pieces: readonly Piece[];
  blank: boolean;
  percentTooLong: number;
}

export interface DraftHandle extends Shown {
  /** What stands in the field and beside it now. */
  read(): MessageDraft;
  /** Keeps what stands in the field, and these pieces, as the draft of this conversation. */
  keep(pieces?: readonly Piece[]): void;
  /** Puts a message into the field and beside it, to be changed or sent. */
  write(message: MessageDraft): void;
  /** Takes all away and keeps the draft, which stays until the server has the text. */
  empty(): void;
}

/** Keeps what stands in the field and beside it as the draft of this conversation. */
export function useMessageDraft(field: RefObject<HTMLTextAreaElement | null>, view: ThreadView): DraftHandle {
  const profile = useProfile();
  const owner = profile === undefined ? undefined : (profile?.id ?? 'guest');
  const place = view.sessionId ?? 'new';
  const [shown, setShown] = useState<Shown>(nothing);
  const pieces = useRef<readonly Piece[]>([]);

  function show(message: MessageDraft): void {
    pieces.current = message.pieces;
    const next = { pieces: message.pieces, blank: isBlank(message), percentTooLong: percentTooLong(message) };
    // Most key strokes change nothing but the field.
    setShown((now) => (isShown(now, next) ? now : next));
  }
  const read = () => ({ typed: field.current?.value ?? '', pieces: pieces.current });
  function keep(next = pieces.current): void {
    const message = { ...read(), pieces: next };
    show(message);
    if (owner !== undefined) drafts.save(owner, place, storedDraft(message));
  }
  function put({ typed }: MessageDraft): void {
    const element = field.current!;
    element.value = typed;
    fitField(element);
  }
  function write(message: MessageDraft): void {
    put(message);
    keep(message.pieces);
    field.current!.focus();
    field.current!.setSelectionRange(message.typed.length, message.typed.length);
  }
  function empty(): void {
    put(nothing);
    show(nothing);
  }

  useLayoutEffect(() => {
    if (!field.current || owner === undefined) return;
    if (isBlank(read())) {
      const kept = readDraft(drafts.read(owner, place));
      put(kept);
      keep(kept.pieces);
    } else keep();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only another person has another draft; a new place has moved it
  }, [owner]);
  useEffect(() => {
    if (!isTouchPrimary()) field.current?.focus({ preventScroll: true });
  }, [field]);
  return { ...shown, read, keep, write, empty };
}

const isShown = (now: Shown, next: Shown): boolean =>
  now.pieces === next.pieces && now.blank === next.blank && now.percentTooLong === next.percentTooLong;

const nothing = { typed: '', pieces: [], blank: true, percentTooLong: 0 };

/** Gives a refused message back to the person. */
export function useRefusal(view: ThreadView, draft: DraftHandle, sent: RefObject<MessageDraft | undefined>): void {
  const queries = useQueryClient();
  const goToLogin = useGoToLogin();
  const { refusal } = view;
  useEffect(() => {
    if (!refusal) return;
    const now = draft.read();
    // It stands there already when one comes back to a conversation that has refused it.
    if (messageOf(now) !== refusal.question) draft.write(putBefore(asSent(refusal.question, sent.current), now));
    const { code } = refusal.problem;
    if (code === 'quota_exhausted') void queries.invalidateQueries({ queryKey: accountKeys.profile });
    // A login that ended in mid-work is asked for in place, elsewhere.
    if (code === 'unauthenticated' && queries.getQueryData(accountKeys.profile) === undefined) goToLogin();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once for each refusal
  }, [refusal]);
}

function asSent(question: string, sent: MessageDraft | undefined): MessageDraft {
  if (sent && messageOf(sent) === question) return sent;
  return isLong(question) ? { typed: '', pieces: [pieceOf(question)] } : { typed: question, pieces: [] };
}
