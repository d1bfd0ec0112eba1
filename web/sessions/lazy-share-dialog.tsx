import { lazyPart } from '../lib/parts.ts';

/** Most conversations are never shared: what does it comes when it is wanted. */
export const ShareDialog = lazyPart(() => import('./share-dialog.tsx'), 'ShareDialog');
