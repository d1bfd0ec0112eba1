import type { Catalogue } from '../upstream/catalogue.ts';
import { isChatModel } from '../upstream/preferred-models.ts';
import { endHeaders } from './alias-table.ts';
import type { Aliases } from './aliases.ts';

/** Ended names of models that completed text: chat serves them. */
const overChat = /instruct|davinci|babbage/;

export interface ChosenModel {
  /** What the client named; undefined where it named none. */
  asked: string | undefined;
  /** What the provider is asked for. */
  used: string;
  headers: Record<string, string>;
}

export interface ModelParts {
  catalogue: Pick<Catalogue, 'list' | 'defaultModel'>;
  aliases: Aliases;
  clock: () => number;
}

/**
 * The model to ask for. A retired name leads to another one, yet only where the provider does not list the
 * name itself; any other name is handed on as it is.
 */
export async function chooseModel(
  { catalogue, aliases, clock }: ModelParts,
  asked: string | undefined,
): Promise<ChosenModel> {
  const now = clock();
  if (asked === undefined || asked === '') {
    const used = await catalogue.defaultModel();
    return { asked: undefined, used, headers: endHeaders(aliases.find(used)?.shutdownDate, now) };
  }
  const retired = aliases.find(asked);
  if (!retired) return { asked, used: asked, headers: {} };
  const listed = (await catalogue.list().catch(() => [])).map((model) => model.id);
  if (listed.length === 0 || listed.includes(asked))
    return { asked, used: asked, headers: endHeaders(retired.shutdownDate, now) };
  const listedTarget = retired.targets.find((target) => listed.includes(target));
  // The default model chats: it can stand in for nothing else.
  if (!listedTarget && !isChatModel(asked) && !overChat.test(asked))
    return { asked, used: asked, headers: endHeaders(retired.shutdownDate, now) };
  const used = listedTarget ?? (await catalogue.defaultModel());
  // The arrow goes out as UTF-8; Node takes header bytes one by one.
  const alias = Buffer.from(`${asked}→${used}`).toString('latin1');
  return {
    asked,
    used,
    headers: { 'x-daesa-model-alias': alias, ...endHeaders(aliases.find(used)?.shutdownDate, now) },
  };
}
