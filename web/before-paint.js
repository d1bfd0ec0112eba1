// Runs before the first paint, so that neither theme nor language flashes. The same rules stand in lib/theme.ts and lib/language.ts.
(function () {
  var root = document.documentElement;
  var read = function (name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  var chosen = read('daesa.theme');
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  document.querySelector('meta[name="theme-color"]').content = dark ? '#171614' : '#faf9f7';
  var language = read('daesa.language') || navigator.language || 'ko';
  root.lang = language.slice(0, 2) === 'ko' ? 'ko' : 'en';
  // Whoever has the typeface sees nothing without it (lib/typeface.ts).
  var faces = read('daesa.typeface');
  if (faces) {
    var link = document.createElement('link');
    link.rel = 'stylesheet';
    link.crossOrigin = '';
    link.href = faces;
    link.setAttribute('blocking', 'render');
    document.head.append(link);
    root.dataset.typeface = 'own';
  }

  // What every page asks for first, and the conversation of this page, are asked for now: first-paint.js shows the
  // answers, and the app takes them (lib/given.ts). An API elsewhere needs more than is known here.
  var given = (window.given = {});
  var asked = (window.asked = {});
  var ask = async function (path) {
    try {
      var answer = await fetch(path, { headers: { accept: 'application/json' } });
      var body = await answer.json();
      if (answer.ok) given[path] = body;
      else if (answer.status === 401) given[path] = null;
    } catch {}
    return given[path];
  };
  if ('apart' in root.dataset) return;
  var paths = ['/accounts/profile'];
  if (/^\/sessions\/[1-9]\d{0,14}$/.test(location.pathname)) paths.push(location.pathname);
  for (var path of paths) asked[path] = ask(path);
})();
