import { apiPlace, send, watchAnswers } from './lib/api-client.ts';
import { currentWords } from './lib/language.ts';
import { readStored } from './lib/theme.ts';
import { showToast } from './lib/toasts.ts';

/** `config.json` beside the app, which can be changed without a build. */
interface Place {
  /** The address of the API, as the server's PUBLIC_URL has it. */
  api: string;
  /** `cookie` where both are subdomains of one site; otherwise browsers keep cookies back, and it is `bearer`. */
  login: 'bearer' | 'cookie';
}

const tokenKey = 'daesa.token';

/** For an app that lies on another server than its API: finds that one, and who is logged in there. */
export async function findApi(): Promise<void> {
  try {
    const answer = await fetch(`${import.meta.env.BASE_URL}config.json`, { cache: 'no-cache' });
    settle((await answer.json()) as Place);
    void sayUnreachable();
  } catch {
    complainAbout('config.json');
  }
}

function settle(place: Place): void {
  const byToken = place.login === 'bearer';
  let token = byToken ? (readStored(tokenKey) ?? undefined) : undefined;
  Object.assign(apiPlace, {
    address: new URL(place.api).href.replace(/\/$/, ''),
    credentials: byToken ? 'omit' : 'include',
    session: byToken ? 'token' : 'cookie',
  });
  Object.defineProperty(apiPlace, 'token', {
    get: () => token,
    set: (next: string | undefined) => {
      token = next;
      if (next === undefined) localStorage.removeItem(tokenKey);
      else localStorage.setItem(tokenKey, next);
    },
  });
  watchAnswers(({ status, url }) => {
    // A token that is void would keep public pages from being read.
    if (status === 401 && new URL(url).pathname !== '/accounts/login') apiPlace.token = undefined;
    if (status === 204 && url === `${apiPlace.address}/accounts/logout`) apiPlace.token = undefined;
  });
}

/** A wrong address, or an API that does not know this one, must not look like an empty page. */
async function sayUnreachable(): Promise<void> {
  try {
    await send('/health/live');
  } catch {
    complainAbout(apiPlace.address);
  }
}

function complainAbout(address: string): void {
  showToast({ kind: 'error', text: `${currentWords().t('problem.unreachable')} (${address})` });
}
