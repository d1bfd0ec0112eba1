import { createRoot } from 'react-dom/client';
import { App, router, takeWhatIsGiven } from './app.tsx';
import { keepDraftsOnLeaving } from './lib/drafts.ts';
import { waitForGiven } from './lib/given.ts';
import { preferredLanguage, showLanguage } from './lib/language.ts';
import { reloadOnce } from './lib/new-version.ts';
import { watchNetwork } from './lib/online.ts';
import { keepAboveKeyboard } from './lib/screen-keyboard.ts';
import { watchSystemTheme } from './lib/theme.ts';
import { showOwnTypeface } from './lib/typeface.ts';
import { keepForOffline } from './without-network.ts';
import './styles.css';

watchSystemTheme();
watchNetwork();
keepAboveKeyboard();
keepDraftsOnLeaving();
await showLanguage(preferredLanguage()).catch((error: unknown) => {
  // Without words there is nothing to say it with.
  if (!reloadOnce()) throw error;
  return new Promise<never>(() => {});
});
// A build of its own, whose API is elsewhere.
if (import.meta.env.MODE === 'static') await (await import('./apart.ts')).findApi();
// What stands there since the first paint (first-paint.js) gives way to the whole page, and to nothing less.
await Promise.all([router.load(), waitForGiven()]);
takeWhatIsGiven();
createRoot(document.querySelector('#root')!).render(<App />);
// Only now, when the page has all it needs.
void showOwnTypeface().catch(() => {});
if (import.meta.env.PROD) void keepForOffline().catch(() => {});
