// Weighs what a browser loads for a page of the built app, compressed, and fails past its budget, or when something
// weighs 5 % more than `sizes.json` has it. `--record` writes that file anew: what has grown is then seen in a review.
// Usage: node web/check-sizes.mjs [--record] [--recorded FILE]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const MOST_GROWTH = 1.05;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({
  options: { record: { type: 'boolean' }, recorded: { type: 'string', default: here('./sizes.json') } },
});
const dist = here('./dist');
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

/** Pages and sections without a budget of their own, and what the heaviest adds to the frame that is there already. */
const frame = filesOf([...base, 'shell/shell.tsx']);
const weighed = new Set(budgets.flatMap(({ modules }) => modules));
const added = Object.keys(manifest)
  .filter((name) => /-(?:page|section)\.tsx$/.test(name) && manifest[name].isDynamicEntry && !weighed.has(name))
  .map((name) => (name.startsWith('admin/') ? ['admin/admin-page.tsx', name] : [name]))
  .map((modules) => weigh([...filesOf(modules)].filter((file) => !frame.has(file))));

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
  { what: 'any other page adds', weight: Math.max(...added), most: 60 },
  { what: 'markdown, apart', weight: weigh(markdown), most: 170 },
  { what: 'formulas, apart', weight: apart('chat/markdown/formula.tsx') + weigh(formulaStyles), most: 90 },
  { what: 'colours of code', weight: apart('chat/markdown/highlighted.tsx'), most: 60 },
  { what: 'diagrams, at least', weight: apart('chat/markdown/draw-diagram.ts'), most: 190 },
  { what: 'styles', weight: weigh(styles), most: 25 },
];
if (values.record) {
  const sizes = Object.fromEntries(rows.map(({ what, weight }) => [what, Number(weight.toFixed(1))]));
  writeFileSync(values.recorded, `${JSON.stringify(sizes, null, 2)}\n`);
}
const recorded = JSON.parse(readFileSync(values.recorded, 'utf8'));
for (const { what, weight, most } of rows) {
  const before = recorded[what] ?? 0;
  const verdict = weight > most ? 'OVER' : weight > before * MOST_GROWTH ? 'GREW' : 'ok';
  if (verdict !== 'ok') process.exitCode = 1;
  const figures = [weight, most, before].map((size) => size.toFixed(1).padStart(6));
  console.log(`${verdict.padEnd(4)} ${what.padEnd(19)} ${figures[0]} of ${figures[1]} kB, ${figures[2]} recorded`);
}
