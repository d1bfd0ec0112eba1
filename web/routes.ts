import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { QuoteStatus } from '#contracts/quotes.ts';
import { loadPart } from './lib/parts.ts';
import { Root } from './shell/root.tsx';
import { ErrorPage } from './shell/error-page.tsx';
import { NotFoundPage } from './shell/not-found-page.tsx';

const page = <Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) =>
  lazyRouteComponent(() => loadPart(load), name);

/**
 * Every URL of the app. The server gives the app to a browser on the paths of contracts/pages.ts, which a
 * test compares with these. Pages come when they are wanted; the shell around them stays.
 */
const root = createRootRoute({ component: Root, notFoundComponent: NotFoundPage });

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: page(() => import('./shell/shell.tsx'), 'Shell'),
});

/** `next`: where to go after login, a path of this site; `error`: why a login with a provider has failed. */
const withNext = ({ next, error }: Record<string, unknown>): { next?: string; error?: string } => ({
  ...(typeof next === 'string' ? { next } : {}),
  ...(typeof error === 'string' ? { error } : {}),
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/accounts/login',
  validateSearch: withNext,
  component: page(() => import('./accounts/login-page.tsx'), 'LoginPage'),
});
const loginCode = createRoute({
  getParentRoute: () => root,
  path: '/accounts/login/code',
  component: page(() => import('./accounts/code-page.tsx'), 'CodePage'),
});
const join = createRoute({
  getParentRoute: () => root,
  path: '/accounts/join',
  validateSearch: withNext,
  component: page(() => import('./accounts/join-page.tsx'), 'JoinPage'),
});

const forgot = createRoute({
  getParentRoute: () => root,
  path: '/accounts/password/forgot',
  component: page(() => import('./accounts/forgot-page.tsx'), 'ForgotPage'),
});
const reset = createRoute({
  getParentRoute: () => root,
  path: '/accounts/reset',
  component: page(() => import('./accounts/reset-page.tsx'), 'ResetPage'),
});

// One page for the new conversation and for every other: it stays when the first answer gives it its URL.
const chat = createRoute({
  getParentRoute: () => shell,
  id: 'conversation',
  component: page(() => import('./chat/chat-page.tsx'), 'ChatPage'),
});
const newSession = createRoute({ getParentRoute: () => chat, path: '/' });
const session = createRoute({ getParentRoute: () => chat, path: '/sessions/$sessionId' });

const history = createRoute({
  getParentRoute: () => shell,
  path: '/chat',
  validateSearch: (search): { q?: string } => (typeof search.q === 'string' && search.q ? { q: search.q } : {}),
  component: page(() => import('./chat/history-page.tsx'), 'HistoryPage'),
});

const guided = createRoute({
  getParentRoute: () => shell,
  path: '/sessions/new',
  validateSearch: ({ bot: slug, session: id }): { bot?: string; session?: string } => ({
    ...(typeof slug === 'string' && slug ? { bot: slug } : {}),
    ...(typeof id === 'string' && /^[1-9]\d{0,14}$/.test(id) ? { session: id } : {}),
  }),
  component: page(() => import('./sessions/guided-page.tsx'), 'GuidedPage'),
});
const bots = createRoute({
  getParentRoute: () => shell,
  path: '/bots',
  component: page(() => import('./bots/bots-page.tsx'), 'BotsPage'),
});
const bot = createRoute({
  getParentRoute: () => shell,
  path: '/bots/$slug',
  component: page(() => import('./bots/bot-page.tsx'), 'BotPage'),
});

const builder = createRoute({
  getParentRoute: () => shell,
  path: '/bots/$slug/edit',
  component: page(() => import('./bots/builder-page.tsx'), 'BuilderPage'),
});

export interface GallerySearch {
  /** Copies that were published; otherwise conversations that are public. */
  view?: 'pages' | undefined;
  bot?: string | undefined;
  q?: string | undefined;
}
const gallery = createRoute({
  getParentRoute: () => shell,
  path: '/sessions',
  validateSearch: ({ view, bot: slug, q }): GallerySearch => ({
    ...(view === 'pages' ? { view } : {}),
    ...(typeof slug === 'string' && slug ? { bot: slug } : {}),
    ...(typeof q === 'string' && q ? { q } : {}),
  }),
  component: page(() => import('./sessions/gallery-page.tsx'), 'GalleryPage'),
});

// Whoever follows a link to one page wants to read, and has no use for the navigation.
const published = createRoute({
  getParentRoute: () => root,
  path: '/s/$pageId',
  component: page(() => import('./sessions/published-page.tsx'), 'PublishedPage'),
});

export interface BoardSearch {
  status?: QuoteStatus | undefined;
  sort?: 'new' | undefined;
  mine?: 'true' | undefined;
  voted?: 'true' | undefined;
  q?: string | undefined;
  /** The form is open; `text`: the line it begins with. */
  write?: string | undefined;
  text?: string | undefined;
}
const statuses: readonly string[] = ['requested', 'planned', 'applied', 'declined'] satisfies QuoteStatus[];
const board = createRoute({
  getParentRoute: () => shell,
  path: '/quote',
  validateSearch: ({ status, sort, mine, voted, q, write, text }): BoardSearch => ({
    ...(typeof status === 'string' && statuses.includes(status) ? { status: status as QuoteStatus } : {}),
    ...(sort === 'new' ? { sort } : {}),
    ...(mine === 'true' ? { mine } : {}),
    ...(voted === 'true' ? { voted } : {}),
    ...(typeof q === 'string' && q ? { q } : {}),
    ...(typeof write === 'string' && write ? { write } : {}),
    ...(typeof text === 'string' && text ? { text } : {}),
  }),
  component: page(() => import('./quotes/board-page.tsx'), 'BoardPage'),
});

/** Pages that keep what they show in their URL, and read it as text. */
const asText = (search: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));

const profile = createRoute({
  getParentRoute: () => shell,
  path: '/accounts/profile',
  validateSearch: asText,
  component: page(() => import('./accounts/profile-page.tsx'), 'ProfilePage'),
});
const keys = createRoute({
  getParentRoute: () => shell,
  path: '/keys',
  component: page(() => import('./keys/keys-page.tsx'), 'KeysPage'),
});
const usage = createRoute({
  getParentRoute: () => shell,
  path: '/usage',
  validateSearch: asText,
  component: page(() => import('./usage/usage-page.tsx'), 'UsagePage'),
});
const admin = createRoute({
  getParentRoute: () => shell,
  path: '/admin',
  validateSearch: asText,
  component: page(() => import('./admin/admin-page.tsx'), 'AdminPage'),
});
const adminSection = createRoute({
  getParentRoute: () => shell,
  path: '/admin/$section',
  validateSearch: asText,
  component: page(() => import('./admin/admin-page.tsx'), 'AdminPage'),
});

const notFound = createRoute({ getParentRoute: () => shell, path: '$', component: NotFoundPage });

const tree = root.addChildren([
  login,
  loginCode,
  join,
  forgot,
  reset,
  published,
  shell.addChildren([
    chat.addChildren([newSession, session]),
    history,
    guided,
    bots,
    bot,
    builder,
    gallery,
    board,
    profile,
    keys,
    usage,
    admin,
    adminSection,
    notFound,
  ]),
]);

export function createAppRouter() {
  return createRouter({
    routeTree: tree,
    basepath: import.meta.env.BASE_URL,
    defaultPreload: 'intent',
    defaultErrorComponent: ErrorPage,
    defaultNotFoundComponent: NotFoundPage,
    // The chat owns its scrolling; every other page is short enough to start at its top.
    scrollRestoration: false,
    // Search values are text as they stand, without quotes around what looks like a number.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const text = new URLSearchParams(
        Object.entries(search).filter(([, value]) => value !== undefined) as [string, string][],
      ).toString();
      return text ? `?${text}` : '';
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
