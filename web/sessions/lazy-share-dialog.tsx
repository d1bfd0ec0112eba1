import { lazy } from 'react';

/** Most conversations are never shared: what does it comes when it is wanted. */
export const ShareDialog = lazy(async () => ({ default: (await import('./share-dialog.tsx')).ShareDialog }));
