import faces from '../typeface.css?url';

/** Where before-paint.js finds the styles of the typeface, whose files the browser has kept. */
const key = 'daesa.typeface';

async function loadStyles(): Promise<void> {
  if (document.querySelector(`link[href="${faces}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.crossOrigin = '';
  link.href = faces;
  await new Promise((resolve, reject) => {
    link.addEventListener('load', resolve);
    link.addEventListener('error', () => reject(new Error('The typeface has not come.')));
    document.head.append(link);
  });
}

/**
 * Shows the page in its own typeface as soon as the files for what it says are there, all at once. In a browser that
 * comes again they are, and before-paint.js has done it: the first time, the words of the page and the app itself come
 * before two hundred kilobytes of looks. Rejects where the files don't come; the page goes on in the system's.
 */
export async function showOwnTypeface(): Promise<void> {
  await loadStyles();
  await document.fonts.load('1em "Pretendard Variable"', document.body.textContent);
  document.documentElement.dataset.typeface = 'own';
  try {
    localStorage.setItem(key, faces);
  } catch {
    // A browser that keeps nothing asks again.
  }
}
