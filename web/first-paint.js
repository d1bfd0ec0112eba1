// The build writes `base`, `words` and `files` above this, and a function around all of it.
/* global base, words, files */

// What is known of a public page before the app is there, painted at once: its frame, its heading, and the text of a
// published page. The app puts the same in its place as soon as it is whole (main.tsx). Nothing here can be filled
// in: what is typed would be lost.
const { lang } = document.documentElement;
const text = words[lang];
const path = `/${location.pathname.slice(base.length)}`;

const part = (name) => document.getElementById(`first-${name}`).content.firstElementChild.cloneNode(true);

function show(name, title, note) {
  const page = part(name);
  page.querySelector('header').append(part('mark'));
  page.querySelector('h1').append(title);
  page.querySelector('h1 + p').append(note);
  document.getElementById('root').append(page);
  return page;
}

function showGallery() {
  const page = show('gallery', text['title'], text['lead']);
  try {
    if (localStorage.getItem('daesa.sidebarHidden') !== null) page.firstElementChild.remove();
  } catch {}
}

/** What the server has written into the page, if it has. */
function showPublished() {
  const given = document.getElementById('given-page');
  if (!given) return;
  const { title, author, turns } = JSON.parse(given.textContent);
  const kinds = { current_state: text['current_state'], goal: text['goal'], misc: text['misc'] };
  const list = show('published', title, author ?? text['anonymous']).querySelector('main > div');
  for (const { kind, content, reply } of turns) {
    const turn = part('turn');
    const [label, question, answer] = turn.querySelectorAll('p');
    if (kinds[kind]) label.append(kinds[kind]);
    else label.remove();
    question.append(content || text['none']);
    if (reply) answer.append(reply.content);
    else answer.parentElement.remove();
    list.append(turn);
  }
}

/** Whether login leads to a place of this site that somebody asked for. */
const isWanted = () => /^\/[^/\\]/.test(new URLSearchParams(location.search).get('next') ?? '');

const pages = [
  [/^\/accounts\/login$/, () => show('account', text['auth.logIn'], text[isWanted() ? 'auth.need' : 'auth.why'])],
  [/^\/accounts\/join$/, () => show('account', text['auth.join'], text['auth.joinNote'])],
  [/^\/sessions$/, showGallery],
  [/^\/s\/[^/]+$/, showPublished],
];
const index = pages.findIndex(([pattern]) => pattern.test(path));
pages[index]?.[1]();

// What the app would ask for one after the other is asked for at once.
for (const file of [...files[lang], ...(files[index] ?? [])]) {
  const preload = document.createElement('link');
  preload.rel = 'modulepreload';
  preload.crossOrigin = '';
  preload.href = base + file;
  document.head.append(preload);
}
