import { useEffect, useRef, useState, type RefObject } from 'react';
import type { Turn } from '#contracts/chat.ts';
import { AnswerAnnouncer } from '../chat/answer-announcer.tsx';
import { Markdown } from '../chat/markdown/lazy-markdown.tsx';
import { asProblem, call, send, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { enterSends } from '../lib/touch.ts';
import { useKoreanEnter } from '../lib/use-korean-enter.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { TextArea } from '../ui/text-area.tsx';
import { contentOf, type BotForm } from './bot-form.ts';
import { builderTexts } from './builder-texts.ts';

/** A conversation with the bot as it stands in the form, which is thrown away afterwards. */
export function BotPreview({ form }: { form: BotForm }) {
  const t = useRouteTexts(builderTexts);
  const field = useRef<HTMLTextAreaElement>(null);
  const { turns, ask, asking, problem, startOver } = usePreview(form);
  const heard =
    asking === undefined
      ? { key: `${turns.length}`, state: 'done' as const, answer: turns.at(-1)?.response ?? '' }
      : { key: `${turns.length + 1}`, state: 'sending' as const, answer: '' };
  const submit = (text: string) => {
    if (asking !== undefined || text.trim() === '') return;
    field.current!.value = '';
    void ask(text.trim());
  };
  const press = useKoreanEnter(field, { submit, enterSends });
  return (
    <section aria-labelledby="preview" className="rounded-lg border border-line bg-raised p-4">
      <div className="flex items-center justify-between gap-2">
        <h2 id="preview" className="text-sm">
          {t('preview')}
        </h2>
        {turns.length > 0 && (
          <Button look="quiet" className="-my-2 -mr-3" onClick={startOver}>
            {t('previewAgain')}
          </Button>
        )}
      </div>
      <p className="mt-1 text-xs text-soft">{t('previewNote')}</p>
      <AnswerAnnouncer turn={heard} />
      <div role="log" aria-live="off" aria-busy={asking !== undefined} className="mt-4 space-y-4">
        {turns.length === 0 && asking === undefined && form.greeting && <p>{form.greeting}</p>}
        {turns.map(({ id, content, response }) => (
          <div key={id} className="space-y-3">
            <Asked text={content} />
            <div className="prose">
              <Markdown text={response ?? ''} writing={false} />
            </div>
          </div>
        ))}
        {asking !== undefined && (
          <>
            <Asked text={asking} />
            <div aria-hidden className="skeleton h-4 w-2/3" />
          </>
        )}
      </div>
      <div className="mt-4 space-y-3">
        {problem && <ErrorNotice problem={problem} />}
        <TextArea ref={field} label={t('previewField')} rows={2} className="[&>label]:sr-only" />
        <div className="flex justify-end">
          <Button busy={asking !== undefined} onClick={press}>
            {t('previewAsk')}
          </Button>
        </div>
      </div>
    </section>
  );
}

function Asked({ text }: { text: string }) {
  return <p className="ml-auto w-fit max-w-[85%] rounded-lg bg-sunken px-3 py-2 whitespace-pre-wrap">{text}</p>;
}

/** What can't be deleted now stays in the history of the administrator. */
function throwAway(session: RefObject<number | undefined>): void {
  const id = session.current;
  session.current = undefined;
  if (id !== undefined) send(`/sessions/${id}`, { method: 'DELETE', keepalive: true }).catch(() => {});
}

function usePreview(form: BotForm) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [asking, setAsking] = useState<string>();
  const [problem, setProblem] = useState<ApiProblem>();
  const session = useRef<number>(undefined);

  useEffect(() => {
    const leave = () => throwAway(session);
    addEventListener('pagehide', leave);
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }, []);

  const ask = async (content: string) => {
    setAsking(content);
    setProblem(undefined);
    const { instructions, model, temperature, max_tokens } = contentOf(form);
    const setting = {
      ...(model === null ? {} : { model }),
      ...(temperature === null ? {} : { temperature }),
      ...(max_tokens === null ? {} : { max_tokens }),
    };
    const place =
      session.current === undefined
        ? instructions.trim()
          ? { system_prompt: instructions }
          : {}
        : { session_id: session.current };
    try {
      const turn = await call<Turn>('/chat', { method: 'POST', body: { content, ...setting, ...place } });
      session.current = turn.session_id;
      setTurns((before) => [...before, turn]);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setAsking(undefined);
    }
  };
  const startOver = () => {
    throwAway(session);
    setTurns([]);
    setProblem(undefined);
  };
  return { turns, ask, asking, problem, startOver };
}
