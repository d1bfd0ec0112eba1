import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { apiPrefixes } from './web/api-prefixes.ts';

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

export default defineConfig({
  root: web,
  plugins: [react(), tailwindcss()],
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
        codeSplitting: {
          groups: [
            {
              name: 'framework',
              test: /node_modules\/(?:react|react-dom|scheduler|use-sync-external-store|@tanstack)\//,
            },
            // What several pages share comes as one file, not as twenty.
            { name: 'shared', test: /\/web\/(?:lib|ui|shell)\/|lucide-react/, minShareCount: 4 },
          ],
        },
      },
    },
  },
});
