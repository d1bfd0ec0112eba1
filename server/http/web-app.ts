import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findPage } from '#contracts/pages.ts';
import type { Config } from '../config.ts';
import type { App } from './app-types.ts';
import { addVary, sendToLogin, wantsPage } from './faces.ts';
import { withHead, type FindHead } from './page-head.ts';
import { picturePolicy } from './security-headers.ts';
import { cookieName, readCredential, type Identify } from './visitor.ts';

const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));

const unbuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Daesa</title>
<p>The web app is not built yet: run <code>npm run build:web</code> and start again. The API is ready.</p></html>`;

/**
 * Serves the web app: its files, and on every page's URL the app itself to whoever prefers HTML. That is
 * decided before login and validation, so one URL has two faces and the JSON one never sees a browser.
 */
export async function addWebApp(app: App, config: Config, identify: Identify, findHead: FindHead): Promise<void> {
  const built = existsSync(`${dist}index.html`);
  const html = built ? readFileSync(`${dist}index.html`, 'utf8') : unbuilt;
  if (built) await addFiles(app);
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0]!;
    const page = findPage(path);
    if (!page) {
      // The app says so, with its navigation, to whoever mistypes an address.
      if (!request.is404 || path.startsWith('/v1/') || !wantsPage(request)) return;
      addVary(reply, 'Accept');
      return sendHtml(reply.code(404), html);
    }
    addVary(reply, 'Accept');
    if (!wantsPage(request)) return;
    if (page.login && !(await isLoggedIn(request, config, identify))) {
      return sendToLogin(request, reply);
    }
    const head = await findHead(path);
    if (!head) return sendHtml(reply, html);
    void reply.header('x-robots-tag', 'noindex');
    if (head === 'gone') void reply.code(410);
    if (head === 'missing') void reply.code(404);
    return sendHtml(reply, withHead(html, head));
  });
}

async function addFiles(app: App): Promise<void> {
  const common = { index: false, preCompressed: true, cacheControl: false } as const;
  // Hundreds of files whose names change with their contents: one route, for a route each takes time and memory.
  await app.register(fastifyStatic, {
    ...common,
    root: `${dist}assets/`,
    prefix: '/assets/',
    setHeaders: (reply) => void reply.header('cache-control', 'public, max-age=31536000, immutable'),
  });
  await app.register(fastifyStatic, {
    ...common,
    root: dist,
    globIgnore: ['assets/**'],
    wildcard: false,
    decorateReply: false,
    setHeaders: (reply, path) => {
      void reply.header('cache-control', 'no-cache');
      if (path === `${dist}picture.html`) void reply.header('content-security-policy', picturePolicy);
    },
  });
}

function sendHtml(reply: FastifyReply, html: string): FastifyReply {
  return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').serializer(String).send(html);
}

async function isLoggedIn(request: FastifyRequest, config: Config, identify: Identify): Promise<boolean> {
  try {
    const credential = readCredential(request, cookieName(config));
    return credential !== undefined && (await identify(credential.token)) !== undefined;
  } catch {
    return false;
  }
}
