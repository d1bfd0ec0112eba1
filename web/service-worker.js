// The build writes `version` and `files` above this: what the app consists of before it shows anything special.
/* global version, files */

// Lets the app open without network, with what was typed: drafts lie in the browser. Answers of the API are never
// kept here, and as long as there is a network, pages come from the server.
const cacheName = `daesa-${version}`;
const scope = new URL(self.registration.scope).pathname;
const app = `${scope}index.html`;
const assets = `${scope}assets/`;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll([app, ...files])));
});

self.addEventListener('activate', (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const names = await caches.keys();
  const outdated = names.filter((name) => name.startsWith('daesa-') && name !== cacheName);
  await Promise.all(outdated.map((name) => caches.delete(name)));
  // A page need not wait for this worker to wake up.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(openPage(event));
  else if (pathname.startsWith(assets) || files.includes(pathname)) event.respondWith(readFile(request));
});

async function openPage(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(app)) ?? Response.error();
  }
}

/** Files whose names change with their contents are asked for once. */
async function readFile(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && new URL(request.url).pathname.startsWith(assets)) {
    const cache = await caches.open(cacheName);
    await cache.put(request, answer.clone());
  }
  return answer;
}
