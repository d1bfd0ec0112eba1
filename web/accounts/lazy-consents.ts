import { lazy } from 'react';

const load = () => import('./consents.tsx');

// Few servers ask for any.
export const Consents = lazy(async () => ({ default: (await load()).Consents }));
export const ProviderConsents = lazy(async () => ({ default: (await load()).ProviderConsents }));
