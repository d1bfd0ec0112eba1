import { drafts } from './drafts.ts';

const key = 'daesa.reloadedAt';
const ONCE_MS = 30_000;

/**
 * After a deployment the pieces of an open page are gone from the server: it is loaded anew, once and without
 * a question. Where that does not help, the page says so itself.
 */
export function reloadWhenOutdated(): void {
  window.addEventListener('vite:preloadError', () => {
    const before = Number(sessionStorage.getItem(key) ?? 0);
    if (!navigator.onLine || Date.now() - before < ONCE_MS) return;
    sessionStorage.setItem(key, String(Date.now()));
    drafts.flush();
    location.reload();
  });
}
