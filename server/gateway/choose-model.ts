import type { Catalogue } from '../upstream/catalogue.ts';
import { endHeaders, findRetired } from './alias-table.ts';

export interface ChosenModel {
  /** What the client named; undefined where it named none. */
  asked: string | undefined;
  /** What the provider is asked for. */
  used: string;
  headers: Record<string, string>;
}

/**
 * The model to ask for. A retired name leads to another one, yet only where the provider does not list the
 * name itself; any other name is handed on as it is.
 */
export async function chooseModel(
  catalogue: Pick<Catalogue, 'list' | 'defaultModel'>,
  asked: string | undefined,
  now: number,
): Promise<ChosenModel> {
  if (asked === undefined || asked === '') {
    return { asked: undefined, used: await catalogue.defaultModel(), headers: {} };
  }
  const retired = findRetired(asked);
  if (!retired) return { asked, used: asked, headers: {} };
  const listed = (await catalogue.list().catch(() => [])).map((model) => model.id);
  if (listed.length === 0 || listed.includes(asked)) return { asked, used: asked, headers: endHeaders(asked, now) };
  const used = retired.targets.find((target) => listed.includes(target)) ?? (await catalogue.defaultModel());
  // The arrow goes out as UTF-8; Node takes header bytes one by one.
  const alias = Buffer.from(`${asked}→${used}`).toString('latin1');
  return { asked, used, headers: { 'x-daesa-model-alias': alias, ...endHeaders(used, now) } };
}
