/** A row of links of which one is where one is. On narrow screens it scrolls sideways, before the focus gets to its edge. */
export const tabsClass =
  '-mx-4 flex gap-1 overflow-x-auto scroll-px-12 px-4 py-1 [scrollbar-width:none] md:-mx-1 md:px-1';

export const tabClass =
  'flex h-9 shrink-0 items-center rounded-md px-3 text-soft hover:bg-sunken hover:text-ink aria-[current=page]:bg-chosen aria-[current=page]:font-medium aria-[current=page]:text-ink touch:h-11';

/** Two or three views of the same thing, side by side in one trough. */
export const segmentsClass = 'flex w-fit rounded-md bg-sunken p-1';

export const segmentClass =
  'flex h-9 items-center rounded-sm px-3 text-soft hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-ink';

/** On a narrow screen the chosen tab may stand beyond the edge. For the `ref` of what has `tabsClass`. */
export function showChosenTab(tabs: HTMLElement | null): void {
  tabs?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}
