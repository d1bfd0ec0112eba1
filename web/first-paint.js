// The build writes `base`, `words`, `files` and three functions of the app above this, and a function around all of it.
/* global base, words, files, unmarked, isLong, beginningOf */

// What a page shows that is known before the app is there, painted at once: its frame and its heading, the text of a
// published page, and the end of a conversation. The app puts the same in its place as soon as it is whole (main.tsx).
// Nothing here can be filled in: what is typed would be lost.
const { lang } = document.documentElement;
const text = words[lang];
const path = `/${location.pathname.slice(base.length)}`;

function part(name) {
  const element = document.getElementById(`first-${name}`).content.firstElementChild.cloneNode(true);
  for (const slot of element.querySelectorAll('[data-word]')) slot.append(text[slot.dataset.word]);
  for (const slot of element.querySelectorAll('[data-part]')) slot.replaceWith(part(slot.dataset.part));
  return element;
}

function show(name) {
  const page = part(name);
  document.getElementById('root').append(page);
  const side = page.querySelector('nav');
  for (const link of side?.querySelectorAll('div a') ?? []) {
    if (link.href === location.href.replace(/[?#].*/, '')) link.ariaCurrent = 'page';
  }
  if (side && stored('daesa.sidebarHidden') !== null) {
    side.remove();
    page.querySelector('[data-unhide]')?.classList.add('md:inline-grid');
  }
  return page;
}

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function showAccount(title, note) {
  const page = show('account');
  page.querySelector('h1').append(title);
  page.querySelector('h1 + p').append(note);
}

/** Whether login leads to a place of this site that somebody asked for. */
const isWanted = () => /^\/[^/\\]/.test(new URLSearchParams(location.search).get('next') ?? '');

const asked = (place, take) => window.asked[place]?.then((answer) => answer !== undefined && take(answer));

function showChat() {
  const greeting = show('chat').querySelector('h1 + p');
  const greet = (profile) => {
    const name = () => profile.nickname;
    greeting.textContent = profile ? text['chat.greetingName'].replace('{name}', name) : text['chat.greeting'];
  };
  const known = JSON.parse(stored('daesa.profile'));
  if (known || !window.asked['/accounts/profile']) greet(known);
  return asked('/accounts/profile', greet);
}

const shown = (question) => (isLong(question) ? beginningOf(question) : question);

/** No more than this is painted of a question or an answer, nor of them all: the rest is out of sight. */
const MOST = 4000;

function showSession() {
  const page = show('session');
  const scroller = page.querySelector('[data-turns]');
  const composer = scroller.nextElementSibling;
  composer.classList.add('invisible');
  return asked(path, ({ title, mine, status, prompts }) => {
    page.querySelector('h1').append(title);
    if (mine && status === 'open') composer.classList.remove('invisible');
    scroller.firstElementChild.replaceChildren(...lastTurns(prompts));
    scroller.scrollTop = scroller.scrollHeight;
  });
}

function lastTurns(prompts) {
  const turns = [];
  for (let size = 0, at = prompts.length - 1; at >= 0 && size < MOST; at -= 1) {
    const { question, content, replies, chosen } = prompts[at];
    const answer = (replies.find(({ id }) => id === chosen) ?? replies.at(-1))?.content ?? '';
    const turn = part('asked');
    const texts = [question ?? '', shown(content) || text['skipped'], unmarked(answer)];
    turn.querySelectorAll('p').forEach((place, index) => {
      if (texts[index]) place.append(texts[index].slice(0, MOST));
      else place.remove();
    });
    turns.unshift(turn);
    size += content.length + answer.length;
  }
  return turns;
}

/** What the server has written into the page, if it has. */
function showPublished() {
  const element = document.getElementById('given-page');
  if (!element) return;
  const { title, author, turns } = JSON.parse(element.textContent);
  const kinds = { current_state: text['current_state'], goal: text['goal'], misc: text['misc'] };
  const page = show('published');
  page.querySelector('h1').append(title);
  page.querySelector('h1 + p').append(author ?? text['anonymous']);
  for (const { kind, content, reply } of turns) {
    const turn = part('turn');
    const [label, question, answer] = turn.querySelectorAll('p');
    if (kinds[kind]) label.append(kinds[kind]);
    else label.remove();
    question.append(shown(content) || text['none']);
    if (reply) answer.append(unmarked(reply.content));
    else answer.closest('.prose').remove();
    page.querySelector('main > div').append(turn);
  }
}

const pages = [
  [/^\/accounts\/login$/, () => showAccount(text['auth.logIn'], text[isWanted() ? 'auth.need' : 'auth.why'])],
  [/^\/accounts\/join$/, () => showAccount(text['auth.join'], text['auth.joinNote'])],
  [/^\/sessions$/, () => show('gallery')],
  [/^\/s\/[^/]+$/, showPublished],
  [/^\/$/, showChat],
  [/^\/sessions\/[1-9]\d{0,14}$/, showSession],
];
const index = pages.findIndex(([pattern]) => pattern.test(path));

/** Longer than this, in milliseconds, the app does not wait for what is shown before it. */
const PATIENCE = 1000;
const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
const nextFrame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
const startApp = () => import(document.querySelector('[data-app]').href);

const shownWhole = (async () => pages[index]?.[1]())();
// The app takes the processor for long when it starts: what is known is painted first, where anybody can see it.
Promise.race([document.hidden || shownWhole.then(nextFrame), wait(PATIENCE)]).finally(startApp);

// What the app would ask for one after the other is asked for at once.
for (const file of [...files[lang], ...(files[index] ?? [])]) {
  const preload = document.createElement('link');
  preload.rel = 'modulepreload';
  preload.crossOrigin = '';
  preload.href = base + file;
  document.head.append(preload);
}
