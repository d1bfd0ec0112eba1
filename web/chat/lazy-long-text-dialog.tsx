import { lazy } from 'react';

/** Few messages are this long. */
export const LongTextDialog = lazy(async () => ({ default: (await import('./long-text-dialog.tsx')).LongTextDialog }));
