import { indexMessages } from '#server/search/index.store.ts';
import * as store from './search.store.ts';

/** What the writer thread of the benchmark can run. */
export const stores = { store, index: { indexMessages } };
