/**
 * Every URL of the web app, in the order they are matched. The server gives the app to a browser on these
 * and JSON to everyone else; the web router has the same paths.
 */
export const pages = [
  { path: '/', login: false },
  { path: '/accounts/login', login: false },
  { path: '/accounts/login/code', login: false },
  { path: '/accounts/join', login: false },
  { path: '/accounts/password/forgot', login: false },
  { path: '/accounts/reset', login: false },
  { path: '/accounts/profile', login: true },
  { path: '/chat', login: true },
  { path: '/sessions', login: false },
  { path: '/sessions/new', login: false },
  { path: '/sessions/:id', login: false },
  { path: '/bots', login: false },
  { path: '/bots/:slug', login: false },
  { path: '/bots/:slug/edit', login: true },
  { path: '/quote', login: false },
  { path: '/s/:id', login: false },
  { path: '/keys', login: true },
  { path: '/usage', login: true },
  { path: '/admin', login: true },
  { path: '/admin/:section', login: true },
] as const;

export interface Page {
  path: string;
  /** Only for people who are logged in: others are sent to the login page and back. */
  login: boolean;
}

// Pure: the web app needs only the rest of this file.
const patterns = /* @__PURE__ */ pages.map((page) => ({ page, parts: page.path.split('/') }));

/** The page of a path (without its query), or undefined. */
export function findPage(path: string): Page | undefined {
  const segments = path.split('/');
  return patterns.find(
    ({ parts }) => parts.length === segments.length && parts.every((part, index) => matches(part, segments[index]!)),
  )?.page;
}

function matches(part: string, segment: string): boolean {
  return part.startsWith(':') ? segment.length > 0 : part === segment;
}

// What an address bar would read as another host, or not read at all.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const sameSite = /^\/(?![/\\])(?!.*\/\/)[^\u0000-\u001f\u007f\\]*$/;

/** The path as it reads after every round of decoding, or undefined where it can't be decoded. */
function decodings(path: string): string[] | undefined {
  const rounds = [path];
  try {
    while (rounds.length < 4) rounds.push(decodeURIComponent(rounds.at(-1)!));
    return rounds;
  } catch {
    return undefined;
  }
}

/** A path of this site to go to after login; anything else leads to `/`. */
export function safeNext(next: string | null | undefined): string {
  // A base that no address of ours can have: what leaves it is not same-site.
  const base = 'https://next.invalid';
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!next || /[\u0000-\u001f\u007f\\]/.test(next) || !URL.canParse(next, base)) return '/';
  const rounds = decodings(next.split(/[?#]/, 1)[0]!);
  if (!rounds?.every((round) => sameSite.test(round))) return '/';
  const url = new URL(next, base);
  return url.origin === base ? url.pathname + url.search + url.hash : '/';
}
