import * as accounts from './accounts/accounts.store.ts';
import * as logins from './accounts/logins.store.ts';
import * as mailJobs from './accounts/mail-jobs.store.ts';
import * as mail from './accounts/mail.store.ts';
import * as oauth from './accounts/oauth.store.ts';
import * as profile from './accounts/profile.store.ts';
import * as setup from './accounts/setup.store.ts';
import * as twoFactor from './accounts/two-factor.store.ts';
import * as networks from './admin/networks.store.ts';
import * as users from './admin/users.store.ts';
import * as alerts from './alerts/alerts.store.ts';
import * as aliases from './gateway/aliases.store.ts';
import * as advanceRun from './assistants/advance-run.store.ts';
import * as assistants from './assistants/assistants.store.ts';
import * as changeMessages from './assistants/change-messages.store.ts';
import * as chunks from './assistants/chunks.store.ts';
import * as runState from './assistants/run-state.store.ts';
import * as threads from './assistants/threads.store.ts';
import * as vectorStores from './assistants/vector-stores.store.ts';
import * as bots from './bots/bots.store.ts';
import type { Stores } from './db/database.ts';
import * as gateway from './gateway/gateway.store.ts';
import * as objects from './gateway/objects.store.ts';
import * as realtimeSecrets from './gateway/realtime-secrets.store.ts';
import * as jobs from './jobs/jobs.store.ts';
import * as keys from './keys/keys.store.ts';
import * as leave from './leave.store.ts';
import * as program from './program.store.ts';
import * as merge from './quotes/merge.store.ts';
import * as notices from './quotes/notices.store.ts';
import * as quotes from './quotes/quotes.store.ts';
import * as sample from './sample.store.ts';
import * as index from './search/index.store.ts';
import * as marks from './sessions/marks.store.ts';
import * as prompts from './sessions/prompts.store.ts';
import * as sessions from './sessions/sessions.store.ts';
import * as snapshots from './sessions/snapshots.store.ts';
import * as budget from './spend/budget.store.ts';
import * as progress from './spend/progress.store.ts';
import * as beginTurn from './turns/begin-turn.store.ts';
import * as generation from './turns/generation.store.ts';
import * as instances from './turns/instances.store.ts';
import * as place from './turns/place.store.ts';
import * as title from './turns/title.store.ts';
import * as turn from './turns/turn.store.ts';

/** Every store whose functions are given to `database.write`: what the embedded database's writer thread can run. */
export const stores: Stores = {
  accounts,
  aliases,
  alerts,
  advanceRun,
  assistants,
  beginTurn,
  bots,
  budget,
  changeMessages,
  chunks,
  gateway,
  generation,
  index,
  instances,
  jobs,
  keys,
  leave,
  logins,
  mail,
  mailJobs,
  merge,
  notices,
  oauth,
  objects,
  place,
  profile,
  program,
  progress,
  prompts,
  quotes,
  realtimeSecrets,
  runState,
  sample,
  marks,
  sessions,
  setup,
  snapshots,
  threads,
  title,
  turn,
  twoFactor,
  networks,
  users,
  vectorStores,
};
