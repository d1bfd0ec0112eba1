import { lazyPart } from '../lib/parts.ts';

/** Few messages are this long. */
export const LongTextDialog = lazyPart(() => import('./long-text-dialog.tsx'), 'LongTextDialog');
