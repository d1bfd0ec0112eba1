import { useLayoutEffect, useRef, useState } from 'react';
import { asProblem, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { createSendKey } from '../lib/send-key.ts';
import { enterSends } from '../lib/touch.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { chatTexts } from './chat-texts.ts';
import { lightenLong } from './fit-field.ts';
import type { ShownTurn } from './shown-turn.ts';
import type { Thread } from './thread.ts';

interface EditQuestionProps {
  turn: ShownTurn;
  thread: Thread;
  onDone: () => void;
}

/** A question while its words are changed: Enter asks again, Esc leaves it as it was. */
export function EditQuestion({ turn, thread, onDone }: EditQuestionProps) {
  const t = useRouteTexts(chatTexts);
  const field = useRef<HTMLTextAreaElement>(null);
  // Sent again after a lost answer, the same words are asked once.
  const [sendKey] = useState(createSendKey);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  useLayoutEffect(() => {
    lightenLong(field.current!, turn.question.length);
    field.current!.focus();
    field.current!.setSelectionRange(turn.question.length, turn.question.length);
  }, [turn.question]);

  async function ask(text: string): Promise<void> {
    if (busy || text.trim() === '') return;
    if (text === turn.question) return onDone();
    setBusy(true);
    setProblem(undefined);
    try {
      await thread.edit(turn, text, sendKey.of(text));
    } catch (error) {
      setProblem(asProblem(error));
      setBusy(false);
    }
  }
  const press = useKoreanEnter(field, { submit: (text) => void ask(text), enterSends });
  return (
    <div className="rounded-lg bg-sunken p-4">
      <TextArea
        ref={field}
        label={t('editLabel')}
        hint={t('editNote')}
        defaultValue={turn.question}
        className="[&>label]:sr-only [&>textarea]:max-h-[40dvh] [&>textarea]:[field-sizing:content]"
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
          // The same key stops an answer elsewhere.
          event.stopPropagation();
          onDone();
        }}
      />
      <div className="mt-3 space-y-3">
        {problem && <ErrorNotice problem={problem} />}
        <div className="flex justify-end gap-2">
          <Button look="quiet" onClick={onDone}>
            {t('cancel')}
          </Button>
          <Button look="primary" busy={busy} onClick={press}>
            {t('editSend')}
          </Button>
        </div>
      </div>
    </div>
  );
}
