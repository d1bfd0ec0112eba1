import { expect, test } from 'vitest';
import { findPage } from '#contracts/pages.ts';
import { createAppRouter } from './routes.ts';

test('the server gives the app to a browser on every URL that the app has', () => {
  const paths = Object.keys(createAppRouter().routesByPath).filter(
    (path) => !path.includes('*') && !path.endsWith('$'),
  );
  expect(paths.length).toBeGreaterThan(4);
  for (const path of paths) {
    const example = path.replace(/\$\w+/g, '7').replace(/(.)\/$/, '$1');
    expect([path, findPage(example)?.path]).not.toContain(undefined);
  }
});
