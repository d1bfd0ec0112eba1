import { createContext, use } from 'react';

export interface ShellControls {
  /** Whether the sidebar stands beside the page. */
  sidebarShown: boolean;
  /** Shows or hides the sidebar: beside the page on wide screens, as a drawer on narrow ones. */
  toggleSidebar: () => void;
}

/** Given by the shell to the page that it frames. */
export const Controls = createContext<ShellControls>({ sidebarShown: true, toggleSidebar: () => {} });

export const useShell = (): ShellControls => use(Controls);
