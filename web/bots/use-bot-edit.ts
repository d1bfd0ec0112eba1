import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Bot } from '#contracts/bots.ts';
import { asProblem, call, type ApiProblem } from '../lib/api-client.ts';
import { useRouteTexts } from '../lib/route-texts.ts';
import { showToast } from '../lib/toasts.ts';
import { checkBot, contentOf, formOf, isSame, type BotForm } from './bot-form.ts';
import { botQuery, botsQuery } from './bot-queries.ts';
import { builderTexts } from './builder-texts.ts';
import { useKeptDraft, useLeftDraft } from './use-bot-draft.ts';

/**
 * The form of a bot and what is done with it. What is not saved is kept on this device, and nothing that
 * somebody else has saved is overwritten unseen.
 */
export function useBotEdit(bot: Bot) {
  const t = useRouteTexts(builderTexts);
  const queries = useQueryClient();
  // What the form was made from; a fresh answer of the server does not take away what is being written.
  const { owner, left } = useLeftDraft(bot.slug);
  const [base, setBase] = useState(left?.base ?? bot);
  const [form, change] = useState(() => left?.form ?? formOf(bot));
  const [newer, setNewer] = useState(left && left.base.version < bot.version ? bot : undefined);
  const [resumed, setResumed] = useState(left !== undefined);
  const [busy, setBusy] = useState(false);
  // All fields say what is wrong with them once somebody wanted to save; before that, those that were left.
  const [checked, setChecked] = useState(false);
  const [wasIn, setWasIn] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<ApiProblem>();
  const [gone, setGone] = useState(false);
  const atWork = useRef(false);
  const path = `/bots/${bot.slug}`;
  const dirty = !gone && !isSame(form, formOf(base));
  const keptAt = useKeptDraft(owner, bot.slug, { base, form }, dirty);

  /** Without `next` the form stays as it is: it may have been written in while it was saved. */
  const take = (saved: Bot, next?: BotForm) => {
    setBase(saved);
    if (next) change(next);
    setNewer(undefined);
    setChecked(false);
    setWasIn(new Set());
    setResumed(false);
    queries.setQueryData(botQuery(bot.slug).queryKey, saved);
    void queries.invalidateQueries({ queryKey: botsQuery.queryKey, exact: true });
  };
  const run = async (ask: () => Promise<Bot>, done: string, next?: (saved: Bot) => BotForm) => {
    if (atWork.current) return;
    atWork.current = true;
    setBusy(true);
    setProblem(undefined);
    try {
      const saved = await ask();
      take(saved, next?.(saved));
      showToast({ kind: 'done', text: done });
    } catch (error) {
      const found = asProblem(error);
      const theirs = found.code === 'conflict' ? await call<Bot>(path).catch(() => undefined) : undefined;
      if (theirs) setNewer(theirs);
      else setProblem(found);
    } finally {
      atWork.current = false;
      setBusy(false);
    }
  };
  const save = async (version = base.version) => {
    setChecked(true);
    const [first] = checkBot(form);
    if (first !== undefined) {
      document.querySelector<HTMLElement>(`[data-field="${first}"]`)?.focus();
      return;
    }
    const body = { ...contentOf(form), version };
    await run(() => call<Bot>(path, { method: 'PUT', body }), t('saved'));
  };
  const restore = (version: number) =>
    run(
      () => call<Bot>(`${path}/restore`, { method: 'POST', body: { version } }),
      t('restored', { n: version }),
      formOf,
    );
  return {
    base,
    form,
    change,
    newer,
    takeNewer: () => newer && take(newer, formOf(newer)),
    dirty,
    /** Since when what is not saved is kept on this device; undefined: it is not. */
    keptAt,
    /** It goes on with what an earlier visit has left. */
    resumed: resumed && dirty,
    discard: () => change(formOf(base)),
    busy,
    wrong: new Set([...checkBot(form)].filter((field) => checked || wasIn.has(field))),
    leave: (field: string) => setWasIn(new Set(wasIn).add(field)),
    problem,
    save,
    restore,
    /** The bot is deleted: there is nothing to lose any more. */
    forget: () => setGone(true),
  };
}
