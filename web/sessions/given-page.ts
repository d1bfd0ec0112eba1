import type { Snapshot } from '#contracts/snapshots.ts';

export const publishedKey = (id: string) => ['published', id];

/** The published page that the server has written into the HTML. Later ones are asked for. */
export function takeGivenPage(): Snapshot | undefined {
  const element = document.querySelector('#given-page');
  element?.remove();
  return element?.textContent ? (JSON.parse(element.textContent) as Snapshot) : undefined;
}
