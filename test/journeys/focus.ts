/** Why the focus can't be seen: no sign of it, or something above most of it. To be run in the page. */
export const findUnseenFocus = (): string | undefined => {
  const focused = document.activeElement as HTMLElement;
  const name = `${focused.tagName} "${focused.getAttribute('aria-label') ?? focused.textContent.slice(0, 30)}"`;
  if (!focused.matches(':focus-visible')) return `${name} shows no focus`;
  const { left, top, width, height } = focused.getBoundingClientRect();
  const parts = [0.1, 0.5, 0.9];
  const above = parts.flatMap((down) =>
    parts.map((across) => document.elementFromPoint(left + width * across, top + height * down)),
  );
  const hidden = above.filter((part) => !part || !(focused.contains(part) || part.contains(focused)));
  if (hidden.length > above.length / 2)
    return `${name} is covered by ${hidden[0]?.outerHTML.slice(0, 80) ?? 'the edge'}`;
  return undefined;
};
