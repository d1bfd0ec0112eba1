import { Menu } from '@base-ui/react/menu';
import { Check, type LucideIcon } from 'lucide-react';
import { Fragment, type RefObject } from 'react';
import { useOnline } from '../lib/online.ts';

export type MenuEntry =
  | {
      kind: 'action';
      label: string;
      icon?: LucideIcon;
      danger?: boolean;
      /** Waits for the network. */
      sends?: boolean;
      run: () => void;
    }
  | {
      kind: 'choice';
      label: string;
      value: string;
      options: { value: string; label: string }[];
      choose: (value: string) => void;
    }
  | { kind: 'text'; label: string; text?: string };

interface MenuPopupProps {
  id: string;
  label: string;
  /** Lines stand between the groups. */
  groups: MenuEntry[][];
  anchor: RefObject<HTMLButtonElement | null>;
  side: 'top' | 'bottom';
  align: 'start' | 'end';
  onClose: () => void;
}

const item =
  'flex min-h-9 touch:min-h-11 cursor-pointer items-center gap-3 rounded-sm px-3 py-1.5 outline-none select-none data-disabled:opacity-50 data-highlighted:bg-sunken';

export function MenuPopup({ id, label, groups, anchor, side, align, onClose }: MenuPopupProps) {
  // A menu belongs to its part of the page, and above an open drawer there is only what stands in it.
  const layer = anchor.current?.closest<HTMLElement>('dialog, nav, main') ?? document.body;
  return (
    <Menu.Root open onOpenChange={(open) => !open && onClose()}>
      <Menu.Portal container={layer}>
        <Menu.Positioner
          anchor={anchor}
          positionMethod="fixed"
          side={side}
          align={align}
          sideOffset={6}
          className="z-50 outline-none"
        >
          <Menu.Popup
            id={id}
            aria-label={label}
            finalFocus={anchor}
            className="max-h-[70dvh] min-w-56 animate-rise overflow-y-auto rounded-md border border-line bg-raised p-1 text-sm text-ink shadow-float outline-none"
          >
            {groups.map((entries, index) => (
              <Fragment key={entries[0]?.label}>
                {index > 0 && <Menu.Separator className="my-1 h-px bg-line" />}
                {entries.map((entry) => (
                  <Entry key={entry.label} entry={entry} />
                ))}
              </Fragment>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Entry({ entry }: { entry: MenuEntry }) {
  const online = useOnline();
  if (entry.kind === 'text') {
    return (
      <div className="max-w-64 px-3 py-2">
        <p className="truncate font-medium">{entry.label}</p>
        {entry.text && <p className="truncate text-xs text-soft">{entry.text}</p>}
      </div>
    );
  }
  if (entry.kind === 'choice') {
    return (
      <Menu.RadioGroup value={entry.value} onValueChange={(value) => entry.choose(String(value))}>
        <Menu.GroupLabel className="px-3 pt-2 pb-1 text-xs text-soft">{entry.label}</Menu.GroupLabel>
        {entry.options.map(({ value, label }) => (
          <Menu.RadioItem key={value} value={value} closeOnClick className={item}>
            <span className="flex-1">{label}</span>
            <Menu.RadioItemIndicator>
              <Check aria-hidden className="size-4 text-ember" />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
    );
  }
  const { icon: Icon } = entry;
  return (
    <Menu.Item
      onClick={entry.run}
      disabled={!!entry.sends && !online}
      className={`${item} ${entry.danger ? 'text-alarm' : ''}`}
    >
      {Icon && <Icon aria-hidden className={`size-4 ${entry.danger ? '' : 'text-soft'}`} strokeWidth={1.75} />}
      {entry.label}
    </Menu.Item>
  );
}
