import { useState } from 'react';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { useShortcuts } from './shortcuts.ts';

/** The keys of the app on a page without its frame, for who is logged in. */
export function ReaderShortcuts() {
  const [helpOpen, setHelpOpen] = useState(false);
  useShortcuts({ showHelp: () => setHelpOpen(true) });
  return helpOpen && <ShortcutsDialog open onClose={() => setHelpOpen(false)} />;
}
