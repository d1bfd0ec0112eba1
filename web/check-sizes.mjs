// Weighs what a browser loads for a page of the built app, compressed, and fails past its budget.
// Usage: node web/check-sizes.mjs [folder of the build]
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? fileURLToPath(new URL('./dist', import.meta.url));
const manifest = JSON.parse(readFileSync(`${dist}/.vite/manifest.json`, 'utf8'));

/** Budgets in kB. Every page loads the entry and the Korean texts besides its own modules. */
const budgets = [
  { what: 'login', modules: ['accounts/login-page.tsx'], most: 130 },
  { what: 'join', modules: ['accounts/join-page.tsx'], most: 130 },
  { what: 'gallery', modules: ['shell/shell.tsx', 'sessions/gallery-page.tsx'], most: 130 },
  { what: 'published page', modules: ['sessions/published-page.tsx'], most: 130 },
  { what: 'chat', modules: ['shell/shell.tsx', 'chat/chat-page.tsx', 'ui/menu-popup.tsx'], most: 270 },
  { what: 'history', modules: ['shell/shell.tsx', 'chat/history-page.tsx', 'ui/menu-popup.tsx'], most: 270 },
];
const base = ['index.html', 'text/ko.ts'];

/** Every file that the modules load at once. */
function filesOf(modules) {
  const files = new Set();
  const visit = (name) => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`The build has no ${name}.`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const other of chunk.imports ?? []) visit(other);
  };
  for (const name of modules) visit(name);
  return files;
}

const weigh = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`${dist}/${file}`), { level: 9 }).length, 0) / 1000;

const shared = filesOf([...base, 'shell/shell.tsx', 'chat/chat-page.tsx']);
const markdown = [...filesOf(['chat/markdown/markdown.tsx'])].filter((file) => !shared.has(file));
/** What one kind of content brings when it first stands in an answer. */
const apart = (module) => weigh([...filesOf([module])].filter((file) => !shared.has(file) && !markdown.includes(file)));
const formulaStyles = manifest['chat/markdown/formula.tsx'].css;
const styles = new Set(
  Object.values(manifest).flatMap(({ css = [], assets = [] }) => [
    ...css,
    ...assets.filter((file) => file.endsWith('.css')),
  ]),
);
for (const file of formulaStyles) styles.delete(file);
/** Beside the modules: what paints the first words, and asks for what the page needs. */
const isFirst = (file) => /^(?:before|first)-paint-[^.]*\.js$/.test(file);
const first = weigh(
  readdirSync(`${dist}/assets`)
    .filter(isFirst)
    .map((file) => `assets/${file}`),
);
const rows = [
  ...budgets.map(({ what, modules, most }) => ({ what, weight: first + weigh(filesOf([...base, ...modules])), most })),
  { what: 'markdown, apart', weight: weigh(markdown), most: 170 },
  { what: 'formulas, apart', weight: apart('chat/markdown/formula.tsx') + weigh(formulaStyles), most: 90 },
  { what: 'colours of code', weight: apart('chat/markdown/highlighted.tsx'), most: 60 },
  { what: 'diagrams, at least', weight: apart('chat/markdown/draw-diagram.ts'), most: 190 },
  { what: 'styles', weight: weigh(styles), most: 25 },
];
for (const { what, weight, most } of rows) {
  console.log(`${weight <= most ? 'ok  ' : 'OVER'} ${what.padEnd(18)} ${weight.toFixed(1).padStart(6)} of ${most} kB`);
}
process.exitCode = rows.some(({ weight, most }) => weight > most) ? 1 : 0;
