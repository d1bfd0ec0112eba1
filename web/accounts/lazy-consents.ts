import { lazyPart } from '../lib/parts.ts';

const load = () => import('./consents.tsx');

// Few servers ask for any.
export const Consents = lazyPart(load, 'Consents');
export const ProviderConsents = lazyPart(load, 'ProviderConsents');
