import { MOST_TYPED } from './message-draft.ts';

const growsByItself = CSS.supports('field-sizing', 'content');

/** A field with a text of this length is laid out as cheaply as that goes. */
export function lightenLong(element: HTMLTextAreaElement, length: number): void {
  const long = length > MOST_TYPED;
  element.toggleAttribute('data-long', long);
  if (element.spellcheck === long) element.spellcheck = !long;
}

/** Makes the field as high as its text. */
export function fitField(element: HTMLTextAreaElement): void {
  lightenLong(element, element.value.length);
  if (growsByItself || element.hasAttribute('data-long')) return;
  element.style.height = 'auto';
  element.style.height = `${element.scrollHeight}px`;
}
