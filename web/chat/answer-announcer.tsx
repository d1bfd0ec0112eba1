import { useEffect, useRef, useState } from 'react';
import { useWords } from '../lib/language.ts';
import { textToHear } from '../lib/plain-text.ts';
import { isUnderWay, type ShownTurn } from './shown-turn.ts';

type Heard = Pick<ShownTurn, 'key' | 'state' | 'answer'>;

/**
 * Tells a screen reader that an answer is being written, and then what it says: two messages an answer,
 * because a voice that reads every token can't be followed.
 */
export function AnswerAnnouncer({ turn }: { turn: Heard | undefined }) {
  const { t } = useWords();
  const [text, setText] = useState('');
  const watched = useRef<string>(undefined);
  const underWay = turn !== undefined && isUnderWay(turn);
  useEffect(() => {
    if (!turn) return;
    if (underWay) {
      watched.current = turn.key;
      setText(t('announce.writing'));
    } else if (watched.current === turn.key) {
      watched.current = undefined;
      setText(
        turn.state === 'stopped'
          ? t('stopped')
          : turn.answer
            ? `${t('announce.arrived')} ${textToHear(turn.answer)}`
            : '',
      );
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the text of the answer at its end is what is said
  }, [turn?.key, underWay]);
  return (
    <output aria-live="polite" className="sr-only">
      {text}
    </output>
  );
}
