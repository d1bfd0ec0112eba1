import { createRoot } from 'react-dom/client';
import { App, router, takeWhatIsGiven } from './app.tsx';
import { keepDraftsOnLeaving } from './lib/drafts.ts';
import { waitForGiven } from './lib/given.ts';
import { preferredLanguage, showLanguage } from './lib/language.ts';
import { reloadWhenOutdated } from './lib/new-version.ts';
import { watchNetwork } from './lib/online.ts';
import { watchSystemTheme } from './lib/theme.ts';
import { keepForOffline } from './without-network.ts';
import './styles.css';

watchSystemTheme();
watchNetwork();
keepDraftsOnLeaving();
reloadWhenOutdated();
// Only once the page has all it needs.
if (import.meta.env.PROD) window.addEventListener('load', () => void keepForOffline().catch(() => {}));
await showLanguage(preferredLanguage());
// A build of its own, whose API is elsewhere.
if (import.meta.env.MODE === 'static') await (await import('./apart.ts')).findApi();
// What stands there since the first paint (first-paint.js) gives way to the whole page, and to nothing less.
await Promise.all([router.load(), waitForGiven()]);
takeWhatIsGiven();
createRoot(document.querySelector('#root')!).render(<App />);
