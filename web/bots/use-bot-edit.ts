import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Bot } from '#contracts/bots.ts';
import { asProblem, call, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { checkBot, contentOf, formOf, isSame, type BotForm } from './bot-form.ts';
import { botQuery, botsQuery } from './bot-queries.ts';
import { builderTexts } from './builder-texts.ts';

/** The form of a bot and what is done with it. Nothing that somebody else has saved is overwritten unseen. */
export function useBotEdit(bot: Bot) {
  const t = useRouteTexts(builderTexts);
  const queries = useQueryClient();
  // What the form was made from; a fresh answer of the server does not take away what is being written.
  const [base, setBase] = useState(bot);
  const [form, change] = useState(() => formOf(bot));
  const [newer, setNewer] = useState<Bot>();
  const [busy, setBusy] = useState(false);
  const [checked, setChecked] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const [gone, setGone] = useState(false);
  const atWork = useRef(false);
  const path = `/bots/${bot.slug}`;

  const take = (saved: Bot, next: BotForm) => {
    setBase(saved);
    change(next);
    setNewer(undefined);
    setChecked(false);
    queries.setQueryData(botQuery(bot.slug).queryKey, saved);
    void queries.invalidateQueries({ queryKey: botsQuery.queryKey, exact: true });
  };
  const run = async (ask: () => Promise<Bot>, keep: (saved: Bot) => BotForm, done: string) => {
    if (atWork.current) return;
    atWork.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      const saved = await ask();
      take(saved, keep(saved));
      showToast({ kind: 'done', text: done });
    } catch (error) {
      const found = asProblem(error);
      if (found.code === 'conflict') setNewer(await call<Bot>(path).catch(() => undefined));
      else setProblem(found);
    } finally {
      atWork.current = false;
      setBusy(false);
    }
  };
  const save = async (version = base.version) => {
    setChecked(true);
    if (checkBot(form).size > 0) return;
    const body = { ...contentOf(form), version };
    // The rows keep their keys, and with them the focus.
    await run(
      () => call<Bot>(path, { method: 'PUT', body }),
      () => form,
      t('saved'),
    );
  };
  const restore = (version: number) =>
    run(
      () => call<Bot>(`${path}/restore`, { method: 'POST', body: { version } }),
      formOf,
      t('restored', { n: version }),
    );
  return {
    base,
    form,
    change,
    newer,
    takeNewer: () => newer && take(newer, formOf(newer)),
    dirty: !gone && !isSame(form, formOf(base)),
    busy,
    checked,
    problem,
    save,
    restore,
    /** The bot is deleted: there is nothing to lose any more. */
    forget: () => setGone(true),
  };
}
