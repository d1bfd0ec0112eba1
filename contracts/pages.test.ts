import { describe, expect, test } from 'vitest';
import { findPage, safeNext } from './pages.ts';

describe('where a login leads', () => {
  test.each([
    '/',
    '/chat',
    '/chat?q=a%20b&page=2',
    '/sessions/7#reply-9',
    '/accounts/profile',
    '/bots/stove-league/edit',
    '/quote?q=%EC%95%BC%EA%B5%AC',
    '/s/AbC-_9',
    '/chat?next=https://evil.example',
  ])('is %s, a path of this site', (next) => {
    expect(safeNext(next)).toBe(next);
  });

  test.each([
    undefined,
    null,
    '',
    'chat',
    '//e',
    '///e',
    '/\\e',
    '\\/e',
    '\\\\e',
    '/\t/e',
    '/\n/e',
    '/%09/e',
    '/%0a/e',
    '/%2f/e',
    '/%2fe',
    '/%5ce',
    '/%5c/e',
    'https:e',
    'https:/e',
    'https://e',
    'HTTPS://e',
    'http:e',
    'javascript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,x',
    'mailto:a@example.com',
    '/..//e',
    '/.//e',
    '/a/..//e',
    '/%2e%2e//e',
    '/%252f/e',
    '/%252fe',
    '/%25252fe',
    '/%255ce',
    '%2f%2fe',
    '%2Fe',
    ' //e',
    '\u0000/e',
    '/\u0000',
    '/%00',
    '/%zz',
    '/%',
    '?next=/',
    '#a',
    '@e',
    '/\u007f/e',
  ])('is the first page for %o', (next) => {
    expect(safeNext(next)).toBe('/');
  });

  test('never leaves the site, however the address bar reads it', () => {
    const pieces = ['/', '\\', '%2f', '%5c', '%09', '.', '..', '%2e', 'e', ':', '@', '?', '#', '\t', 'https:'];
    for (const one of pieces) {
      for (const two of pieces) {
        for (const three of pieces) {
          const next = safeNext(`/${one}${two}${three}e`);
          expect(new URL(next, 'https://daesa.example').origin).toBe('https://daesa.example');
          expect(next).toMatch(/^\/(?![/\\])/);
        }
      }
    }
  });
});

describe('a page', () => {
  test.each(['/', '/chat', '/sessions', '/sessions/7', '/bots/free', '/bots/free/edit', '/s/abc', '/admin/users'])(
    'is found by its path: %s',
    (path) => {
      expect(findPage(path)).toBeDefined();
    },
  );

  test.each([
    '',
    '//',
    '//chat',
    '/chat/',
    '/CHAT',
    '/sessions/',
    '/sessions//',
    '/sessions/7/x',
    '/accounts',
    '/health',
  ])('is none: %s', (path) => {
    expect(findPage(path)).toBeUndefined();
  });
});
