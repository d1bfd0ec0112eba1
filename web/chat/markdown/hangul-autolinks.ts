/** The little of a markdown tree that this looks at. */
interface Node {
  type: string;
  url?: string;
  value?: string;
  children?: Node[];
  position?: { start: { offset?: number }; end: { offset?: number } };
}

const hangul = /\p{Script=Hangul}/u;

/**
 * Ends bare links at the first Hangul character: in `https://example.com/a를` the particle is no part of the
 * address. Links that somebody wrote with brackets stay as they are.
 */
export function cutAutolinksAtHangul() {
  return (tree: unknown): void => cutIn(tree as Node);
}

function cutIn(parent: Node): void {
  if (!parent.children) return;
  parent.children = parent.children.flatMap((child) => {
    if (child.type === 'link') return cut(child);
    cutIn(child);
    return [child];
  });
}

function cut(link: Node): Node[] {
  const text = bareText(link);
  const at = text?.search(hangul) ?? -1;
  if (text === undefined || at < 0) return [link];
  const address = text.slice(0, at);
  const rest = { type: 'text', value: text.slice(at) };
  // Nothing is left but the scheme: the name of the site itself is Korean.
  if (/^(?:https?:\/\/|www\.)?$/i.test(address)) return [link];
  const url = link.url!.slice(0, link.url!.search(hangul));
  return [{ ...link, url, children: [{ type: 'text', value: address }] }, rest];
}

/** The text of a link that is nothing but its own address, written without brackets. */
function bareText(link: Node): string | undefined {
  const [only, ...others] = link.children ?? [];
  if (others.length > 0 || only?.type !== 'text' || only.value === undefined) return undefined;
  if (!link.url?.endsWith(only.value)) return undefined;
  const { start, end } = link.position ?? {};
  const length =
    start?.offset !== undefined && end?.offset !== undefined ? end.offset - start.offset : only.value.length;
  return length === only.value.length ? only.value : undefined;
}
