import { queryOptions, useQuery, useQueryClient, type Query, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Consent, LoggedIn, LoggedInByCode, Profile, Quota } from '#contracts/accounts.ts';
import { safeNext } from '#contracts/pages.ts';
import { apiPlace, asProblem, call, send } from '../lib/api-client.ts';
import { drafts } from '../lib/drafts.ts';
import { takeGiven } from '../lib/given.ts';

export interface Provider {
  name: string;
  href: string;
}
export interface LoginOptions {
  methods: string[];
  providers: Provider[];
  password_reset: boolean;
  consents: Consent[];
}
export interface JoinOptions {
  providers: Provider[];
  setup_code: boolean;
  consents: Consent[];
}

export const accountKeys = { profile: ['profile'], login: ['login-options'], join: ['join-options'] } as const;

/** Who was here last: whoever comes back after a lost login finds the page as it was. */
let lastId: number | undefined;

/** Makes the page the person's own, however the login came about: one by another site returns on a fresh page. */
function remember(profile: Profile | null): Profile | null {
  if (profile) {
    lastId = profile.id;
    drafts.adopt(profile.id);
  }
  // For a page that is opened without network. Nobody waits for it.
  void import('./remembered-profile.ts').then(({ rememberProfile }) => rememberProfile(profile)).catch(() => {});
  return profile;
}

/** Knows who is logged in where the page has been told. */
export function takeGivenProfile(queries: QueryClient): void {
  const given = takeGiven<Profile | null>('/accounts/profile');
  if (given !== undefined) queries.setQueryData(accountKeys.profile, remember(given));
}

/** Who is logged in; null for a guest. */
export const profileQuery = queryOptions<Profile | null>({
  queryKey: accountKeys.profile,
  queryFn: async ({ signal }) => {
    try {
      return remember(await call<Profile>('/accounts/profile', { signal }));
    } catch (error) {
      if (asProblem(error).status === 401) return remember(null);
      if (asProblem(error).code !== 'unreachable') throw error;
      const { rememberedProfile } = await import('./remembered-profile.ts');
      const remembered = rememberedProfile();
      if (remembered) return remembered;
      throw error;
    }
  },
  // Without network, too, a page has to know whose drafts to show.
  networkMode: 'always',
  staleTime: 30_000,
});

export const loginOptionsQuery = queryOptions({
  queryKey: accountKeys.login,
  queryFn: ({ signal }) => call<LoginOptions>('/accounts/login', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const joinOptionsQuery = queryOptions({
  queryKey: accountKeys.join,
  queryFn: ({ signal }) => call<JoinOptions>('/accounts/join', { signal }),
});

/** Undefined while it is not known yet. */
export function useProfile(): Profile | null | undefined {
  return useQuery(profileQuery).data;
}

export function cachedProfile(queries: QueryClient): Profile | null | undefined {
  return queries.getQueryData<Profile | null>(accountKeys.profile);
}

export interface LoginForm {
  email: string;
  password: string;
  /** The one-time or recovery code, once it has been asked for. */
  otp?: string;
}
export interface JoinForm extends LoginForm {
  nickname: string;
  setup_code?: string;
}

/** Logs in, and makes everything on the page the person's own. */
export async function logIn(queries: QueryClient, form: LoginForm): Promise<void> {
  enter(
    queries,
    await call<LoggedIn>('/accounts/login', { method: 'POST', body: { ...form, session: apiPlace.session } }),
  );
}

/** The second step of a login with a provider; gives where it was going. */
export async function showLoginCode(queries: QueryClient, otp: string): Promise<string> {
  const answer = await call<LoggedInByCode>('/accounts/login/code', { method: 'POST', body: { otp } });
  enter(queries, answer);
  return safeNext(answer.next);
}

export async function join(queries: QueryClient, form: JoinForm): Promise<void> {
  enter(
    queries,
    await call<LoggedIn>('/accounts/join', { method: 'POST', body: { ...form, session: apiPlace.session } }),
  );
}

function enter(queries: QueryClient, { user, token }: LoggedIn): void {
  if (token !== undefined) apiPlace.token = token;
  const sameAsBefore = lastId === user.id;
  queries.setQueryData(accountKeys.profile, remember(user));
  // What a guest has seen may look different now; a form of the same person stands on what it was made from.
  const others = { predicate: ({ queryKey }: Query) => queryKey[0] !== accountKeys.profile[0] };
  if (sameAsBefore) void queries.invalidateQueries(others);
  else queries.removeQueries(others);
}

/** Leaves by a fresh page, so that nothing of the person stays in memory. */
export async function logOut(): Promise<void> {
  drafts.flush();
  await send('/accounts/logout', { method: 'POST' }).catch((error: unknown) => {
    if (asProblem(error).status !== 401) throw error;
  });
  location.assign(import.meta.env.BASE_URL);
}

/** Keeps the quota as the answers of the API tell it. Gives what ends the watch. */
export function takeQuota(queries: QueryClient, response: Response): void {
  const limit = Number(response.headers.get('ratelimit-limit') ?? Number.NaN);
  const remaining = Number(response.headers.get('ratelimit-remaining') ?? Number.NaN);
  if (!Number.isInteger(limit) || !Number.isInteger(remaining)) return;
  queries.setQueryData<Profile | null>(accountKeys.profile, (profile) =>
    profile ? { ...profile, quota: { ...profile.quota, limit, remaining, used: limit - remaining } } : profile,
  );
}

/** The longest that a timer of a browser can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Today's quota, asked anew at the moment when the server's day ends. */
export function useQuota(): Quota | undefined {
  const queries = useQueryClient();
  const quota = useProfile()?.quota;
  const resetsAt = quota?.resets_at;
  useEffect(() => {
    if (resetsAt === undefined) return undefined;
    const wait = Math.max(1_000, Date.parse(resetsAt) - Date.now() + 500);
    const refill = () => void queries.invalidateQueries({ queryKey: accountKeys.profile });
    const timer = setTimeout(refill, Math.min(wait, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  }, [queries, resetsAt]);
  return quota;
}
