import { Link } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { Bot } from '#contracts/bots.ts';
import { sayWhen } from '../lib/dates.ts';
import { useWords } from '../lib/language.ts';
import { useNow } from '../lib/now.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { Page } from '../shell/page.tsx';
import { Button, buttonClass } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { StickyBar } from '../ui/sticky-bar.tsx';
import { BotFields } from './bot-fields.tsx';
import { contentOf, differences, formOf } from './bot-form.ts';
import { BotPreview } from './bot-preview.tsx';
import { BotVersions } from './bot-versions.tsx';
import { builderTexts, type BuilderText } from './builder-texts.ts';
import { DeleteBot } from './delete-bot.tsx';
import { LeaveGuard } from './leave-guard.tsx';
import { useBotEdit } from './use-bot-edit.ts';

/** The fields of a bot, beside a conversation with what they make of it. */
export function BotBuilder({ bot }: { bot: Bot }) {
  const t = useRouteTexts(builderTexts);
  const { t: word } = useWords();
  const edit = useBotEdit(bot);
  const { form, change, dirty, busy, problem, wrong, keptAt, save, restore } = edit;
  useSaveKey(() => void save());
  const look = (
    <Link to="/bots/$slug" params={{ slug: bot.slug }} className={buttonClass()}>
      {t('look')}
    </Link>
  );
  const retry = <Button onClick={() => void save()}>{word('action.tryAgain')}</Button>;
  return (
    <Page title={bot.name} lead={`/bots/${bot.slug} · ${t('version', { n: bot.version })}`} action={look} wide>
      <LeaveGuard dirty={dirty} kept={keptAt !== undefined} />
      <div className="grid items-start gap-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="min-w-0">
          {edit.resumed && (
            <div className="mb-6 flex flex-wrap items-center gap-x-4 gap-y-1 rounded-md bg-glow py-1.5 pr-1.5 pl-4">
              <p className="flex-1 basis-48">{t('resumed')}</p>
              <Button look="quiet" onClick={edit.discard}>
                {t('discard')}
              </Button>
            </div>
          )}
          <BotFields form={form} wrong={wrong} onChange={change} onLeave={edit.leave} />
          <StickyBar className="-mb-6">
            {edit.newer && <Conflict edit={edit} />}
            {problem && <ErrorNotice problem={problem} action={retry} />}
            <div className="mt-2 flex items-center justify-end gap-4">
              <SavedState dirty={dirty} keptAt={keptAt} savedAt={Date.parse(edit.base.updated_at)} />
              <Button look="primary" busy={busy} disabled={!dirty} onClick={() => void save()}>
                {t('save')}
              </Button>
            </div>
          </StickyBar>
        </div>
        <aside className="min-w-0 lg:sticky lg:top-4">
          <BotPreview form={form} />
          <BotVersions bot={bot} onRestore={(version) => void restore(version)} />
          <DeleteBot bot={bot} onDeleted={edit.forget} />
        </aside>
      </div>
    </Page>
  );
}

/** What is kept, where, and since when; only where it is kept is news for who does not see it. */
function SavedState({ dirty, keptAt, savedAt }: { dirty: boolean; keptAt: number | undefined; savedAt: number }) {
  const t = useRouteTexts(builderTexts);
  const { t: word, locale } = useWords();
  const now = useNow();
  const at = dirty ? keptAt : savedAt;
  return (
    <p className="text-soft">
      <output>{t(dirty ? (keptAt === undefined ? 'unsaved' : 'kept') : 'saved')}</output>
      {at !== undefined && ` · ${sayWhen(at, { locale, timeZone: 'Asia/Seoul', now }, word('time.now'))}`}
    </p>
  );
}

const names: Partial<Record<string, BuilderText>> = {
  max_tokens: 'maxTokens',
  default_visibility: 'visibility',
  reads_quotes: 'readsQuotes',
};

/** Somebody else has saved meanwhile: what they changed, and the choice between the two. */
function Conflict({ edit }: { edit: ReturnType<typeof useBotEdit> }) {
  const t = useRouteTexts(builderTexts);
  const { newer, base, takeNewer, save } = edit;
  if (!newer) return null;
  const changed = differences(contentOf(formOf(base)), contentOf(formOf(newer)));
  const fields = changed.map((name) => t(names[name] ?? (name as BuilderText))).join(', ');
  const text = t(fields ? 'conflict' : 'conflictSame', { n: newer.version, fields });
  const action = (
    <span className="flex flex-wrap gap-2">
      <Button onClick={takeNewer}>{t('takeTheirs')}</Button>
      <Button onClick={() => void save(newer.version)}>{t('keepMine')}</Button>
    </span>
  );
  return <ErrorNotice action={action}>{text}</ErrorNotice>;
}

/** Ctrl+S or ⌘S saves. */
function useSaveKey(save: () => void): void {
  const latest = useRef(save);
  useEffect(() => {
    latest.current = save;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.code !== 'KeyS' || event.shiftKey) return;
      event.preventDefault();
      latest.current();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}
