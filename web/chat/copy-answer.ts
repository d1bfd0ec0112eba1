/** Copies an answer twice over: as the markdown it is, and as it looks, for editors that take that. */
export async function copyAnswer(markdown: string, shown: HTMLElement | null): Promise<void> {
  const plain = new Blob([markdown], { type: 'text/plain' });
  if (!shown || !('ClipboardItem' in window)) return navigator.clipboard.writeText(markdown);
  const copy = shown.cloneNode(true) as HTMLElement;
  for (const extra of copy.querySelectorAll('button, [data-not-copied]')) extra.remove();
  // A formula or a diagram goes as what it was written as: few editors take what it is drawn with.
  for (const drawn of copy.querySelectorAll<HTMLElement>('[data-source]')) {
    const source = document.createElement(drawn.tagName === 'FIGURE' ? 'pre' : 'span');
    source.textContent = drawn.dataset.source!;
    drawn.replaceWith(source);
  }
  for (const element of copy.querySelectorAll('*')) {
    for (const { name } of Array.from(element.attributes)) {
      if (name === 'class' || name === 'style' || name.startsWith('data-') || name.startsWith('aria-'))
        element.removeAttribute(name);
    }
  }
  const rich = new Blob([copy.innerHTML], { type: 'text/html' });
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': plain, 'text/html': rich })]);
}
