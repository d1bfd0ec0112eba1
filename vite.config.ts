import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig, minifySync, type Plugin } from 'vite';
import { apiPrefixes } from './web/api-prefixes.ts';
import { chatTexts } from './web/chat/chat-texts.ts';
import { starterTexts } from './web/chat/starter-texts.ts';
import { beginningOf, isLong } from './web/chat/long-text.ts';
import { unmarked } from './web/chat/markdown/unmarked.ts';
import { galleryTexts } from './web/sessions/gallery-texts.ts';
import { publishedTexts } from './web/sessions/published-texts.ts';
import { en } from './web/text/en.ts';
import { ko } from './web/text/ko.ts';

const web = fileURLToPath(new URL('./web', import.meta.url));

/** Where `npm run dev:web` finds the API. */
const api = process.env.DAESA_API ?? 'http://localhost:8000';

/** A page and its data share one URL: in development, whoever asks for a page gets ours. */
const toApi = {
  target: api,
  ws: true,
  bypass: (request: { method?: string; headers: { accept?: string } }) =>
    request.method === 'GET' && request.headers.accept?.includes('text/html') ? '/index.html' : undefined,
};

/** What the app can do without asking for more: its own pages, and all that these need at once. */
function writeServiceWorker(): Plugin {
  let base = '/';
  return {
    name: 'daesa:service-worker',
    apply: 'build',
    configResolved: (config) => void (base = config.base),
    generateBundle(_options, bundle) {
      const files = new Set<string>(['favicon.svg', 'manifest.webmanifest']);
      for (const name of Object.keys(bundle)) if (/(?:before|first)-paint/.test(name)) files.add(name);
      const add = (name: string): void => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || files.has(name)) return;
        files.add(name);
        for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(style);
        for (const other of chunk.imports) add(other);
      };
      for (const chunk of Object.values(bundle)) {
        // Without network there is no answer to render and nothing to administer.
        if (chunk.type === 'chunk' && isOwnPage(chunk.facadeModuleId)) add(chunk.fileName);
      }
      const paths = [...files].toSorted().map((file) => base + file);
      const version = createHash('sha256').update(paths.join()).digest('hex').slice(0, 12);
      const head = `const version = '${version}';\nconst files = ${JSON.stringify(paths)};\n`;
      const source = head + readFileSync(join(web, 'service-worker.js'), 'utf8');
      this.emitFile({ type: 'asset', fileName: 'service-worker.js', source });
    },
  };
}

function isOwnPage(id: string | null): boolean {
  return id !== null && id.startsWith(`${web}/`) && !/\/(?:chat\/markdown|admin)\//.test(id);
}

/** The modules of the words, and of the pages in the order of `first-paint.js`. */
const firstModules = {
  ko: ['text/ko.ts'],
  en: ['text/en.ts'],
  0: ['accounts/login-page.tsx'],
  1: ['accounts/join-page.tsx'],
  2: ['shell/shell.tsx', 'sessions/gallery-page.tsx'],
  3: ['sessions/published-page.tsx'],
  4: ['shell/shell.tsx', 'chat/chat-page.tsx'],
  5: ['shell/shell.tsx', 'chat/chat-page.tsx'],
};

/** The two scripts that run before the app, under names that change with their contents. */
function writeFirstPaint(): Plugin {
  let base = '/';
  const names = { before: '', first: '' };
  const sourceOf = (name: string) => readFileSync(join(web, name), 'utf8');
  const [source, templates] = [sourceOf('first-paint.js'), sourceOf('index.html')];
  const isUsed = (key: string) => source.includes(`'${key}'`) || templates.includes(`data-word="${key}"`);
  /** Only the words that it uses: every page waits for them. */
  const wordsOf = (...texts: Record<string, string>[]) =>
    Object.fromEntries(texts.flatMap((each) => Object.entries(each)).filter(([key]) => isUsed(key)));
  const words = {
    ko: wordsOf(ko, publishedTexts.ko, galleryTexts.ko, starterTexts.ko, { skipped: chatTexts.ko.skipped }),
    en: wordsOf(en, publishedTexts.en, galleryTexts.en, starterTexts.en, { skipped: chatTexts.en.skipped }),
  };
  return {
    name: 'daesa:first-paint',
    apply: 'build',
    configResolved: (config) => void (base = config.base),
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const replace = (from: RegExp | string, to: string) => {
          if (html.search(from) < 0) throw new Error(`The page has no ${String(from)}.`);
          html = html.replace(from, () => to);
        };
        replace(/<script src="[^"]*before-paint\.js"[^>]*>/, `<script src="${base}${names.before}">`);
        const [, app] = /<script type="module" crossorigin src="([^"]*)"><\/script>/.exec(html) ?? [];
        // first-paint.js starts the app.
        replace(/<script type="module".*<\/script>/, `<link rel="modulepreload" data-app crossorigin href="${app}">`);
        replace('</body>', `  <script src="${base}${names.first}"></script>\n  </body>`);
        return html;
      },
    },
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === 'chunk');
      const add = (name: string, found: Set<string>): Set<string> => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || found.has(name)) return found;
        found.add(name);
        for (const other of chunk.imports) add(other, found);
        return found;
      };
      const entry = add(chunks.find(({ isEntry }) => isEntry)!.fileName, new Set());
      const filesOf = (modules: string[]): string[] => {
        const found = new Set<string>();
        for (const { facadeModuleId, fileName } of chunks) {
          if (modules.some((module) => facadeModuleId === join(web, module))) add(fileName, found);
        }
        return [...found].filter((file) => !entry.has(file));
      };
      const files = Object.fromEntries(Object.entries(firstModules).map(([kind, modules]) => [kind, filesOf(modules)]));
      const head = Object.entries({ base, words, files }).map(
        ([name, value]) => `const ${name} = ${JSON.stringify(value)};`,
      );
      const emit = (name: string, written: string): string => {
        const { code } = minifySync(name, written);
        return this.getFileName(this.emitFile({ type: 'asset', name, source: code }));
      };
      names.before = emit('before-paint.js', sourceOf('before-paint.js'));
      const parts = [...head, unmarked, isLong, beginningOf, source];
      names.first = emit('first-paint.js', `(() => {${parts.join('')}})();`);
    },
  };
}

/** The app for another server than the API's: tells it where that is, and answers every path. */
function standApart(): Plugin {
  const { DAESA_API_URL: api = 'http://localhost:8000', DAESA_LOGIN: login = 'bearer' } = process.env;
  let out = '';
  return {
    name: 'daesa:apart',
    apply: (_config, { command, mode }) => command === 'build' && mode === 'static',
    configResolved: (config) => void (out = resolve(config.root, config.build.outDir)),
    transformIndexHtml: (html) => html.replace('<html ', '<html data-apart '),
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'config.json', source: `${JSON.stringify({ api, login }, null, 2)}\n` });
    },
    // Servers of files answer with this page where they have no file.
    writeBundle: () => copyFileSync(join(out, 'index.html'), join(out, '404.html')),
  };
}

/** The fonts of formulas in the one kind that all browsers of the app read. */
function dropOldFonts(): Plugin {
  return {
    name: 'daesa:fonts',
    enforce: 'pre',
    transform: {
      filter: { id: /katex\.css$/ },
      handler: (css) => css.replaceAll(/,\s*url\([^)]+\) format\(['"](?:woff|truetype)['"]\)/g, ''),
    },
  };
}

const compressible = new Set(['.js', '.css', '.svg', '.webmanifest']);

/** Compresses once, and as well as it goes, what the server would otherwise compress for every visitor. */
function compressFiles(): Plugin {
  let dist = '';
  return {
    name: 'daesa:compress',
    apply: 'build',
    configResolved: (config) => void (dist = resolve(config.root, config.build.outDir)),
    closeBundle() {
      for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
        if (!compressible.has(extname(name))) continue;
        const content = readFileSync(join(dist, name));
        writeFileSync(join(dist, `${name}.br`), brotliCompressSync(content));
        writeFileSync(join(dist, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: web,
  // React has it itself; what stands in for it in older ones is left out.
  resolve: { alias: [{ find: /^use-sync-external-store\/shim\b/, replacement: 'use-sync-external-store' }] },
  plugins: [
    react(),
    tailwindcss(),
    dropOldFonts(),
    writeFirstPaint(),
    writeServiceWorker(),
    standApart(),
    compressFiles(),
  ],
  server: { proxy: Object.fromEntries(apiPrefixes.map((prefix) => [`^${prefix}(/|\\?|$)`, toApi])) },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: ['chrome123', 'safari17.4', 'firefox125'],
    // The policy of the server allows scripts from files alone.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    manifest: true,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      output: {
        // Every page carries the names of all the others.
        chunkFileNames: 'assets/[hash].js',
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            {
              name: 'framework',
              test: /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|@tanstack)\/|\/web\/(?:lib\/online|sessions\/given-page)/,
            },
            // Who logs in needs fields of one line; who only reads needs none.
            { name: 'field', test: /\/web\/ui\/text-field/ },
            {
              name: 'account',
              test: /\/web\/accounts\/(?:account-layout|leave-when-logged-in|next-page|provider-marks|providers)/,
            },
            // Questions and answers, on published pages too.
            {
              name: 'reading',
              test: /\/web\/(?:accounts\/go-to-login|sessions\/session-queries|chat\/(?:long-text|lazy-long-text-dialog|whole-question|markdown\/(?:unmarked|lazy-markdown|later)))\./,
            },
            // What is asked of members: fields that grow, choices, the quota, and answers that are followed.
            {
              name: 'talk',
              test: /\/web\/(?:ui\/(?:text-area|choices|check|menu)\.|lib\/(?:(?:use-)?korean-enter|sse-parser|stream-reader)|chat\/(?:message-draft|fit-field|quota)|sessions\/pending-deletions)|\/icons\/(?:arrow-(?:down|up)|check|clock-3|copy|file-text|pencil-line|plus|trash)\.mjs/,
            },
            // Pages inside the navigation; those before login and published ones have none.
            {
              name: 'frame',
              test: /\/web\/(?:shell\/(?:page|shell|sidebar|account-corner|news-dot|shortcuts\.)|ui\/(?:search-field|tabs)|quotes\/notices-query|bots\/bot-queries)|\/icons\/(?:bot|quote|square-pen|target)\.mjs/,
            },
            // What several pages share comes as one file, not as twenty; forms of members are of no use to guests.
            {
              name: 'shared',
              test: /\/web\/(?:(?:lib|ui|shell)\/(?!dialog|docs-link|form-dialog|settings-|menu|select|save-file)|accounts\/(?:account-queries|login-lost))|\/contracts\/pages|preload-helper|lucide-react/,
              minShareCount: 4,
            },
          ],
        },
      },
    },
  },
});
