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
})();
