import * as accounts from './accounts/accounts.store.ts';
import * as beginTurn from './chat/begin-turn.store.ts';
import * as chat from './chat/chat.store.ts';
import * as generation from './chat/generation.store.ts';
import * as instances from './chat/instances.store.ts';
import type { Stores } from './db/database.ts';
import * as keys from './keys/keys.store.ts';

/** Every store whose functions are given to `database.write`: what the embedded database's writer thread can run. */
export const stores: Stores = { accounts, beginTurn, chat, generation, instances, keys };
