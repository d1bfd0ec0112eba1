import { drafts } from './drafts.ts';

const key = 'daesa.reloadedAt';
const ONCE_MS = 30_000;

/**
 * After a deployment the parts of an open page are gone from the server: it is loaded anew, without a question.
 * False where that has just been done and did not help, or can't help.
 */
export function reloadOnce(): boolean {
  try {
    const before = Number(sessionStorage.getItem(key) ?? 0);
    if (!navigator.onLine || Date.now() - before < ONCE_MS) return false;
    sessionStorage.setItem(key, String(Date.now()));
  } catch {
    // Where nothing can be stored, it would be loaded anew for ever.
    return false;
  }
  drafts.flush();
  location.reload();
  return true;
}
