import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { Markdown } from './markdown.tsx';

const draw = (text: string) => renderToStaticMarkup(createElement(Markdown, { text, writing: false }));
const strip = (html: string) => html.replace(/<(\w+)[^>]*>/g, '<$1>');

describe('Korean text in markdown', () => {
  test.for([
    ['**한국어(Korean)**는 쉬워요', '한국어(Korean)', '는'],
    ['**"스토브리그"**의 대사', '&quot;스토브리그&quot;', '의'],
    ['**`useState`**를 써요', '<code>useState</code>', '를'],
    ['**10%**를 더해요', '10%', '를'],
    ['**안녕**하세요', '안녕', '하세요'],
    ["**'작은따옴표'**로 써요", '&#x27;작은따옴표&#x27;', '로'],
    ['**「대사집」**을 봐요', '「대사집」', '을'],
    ['**정말?**이라고 물어요', '정말?', '이라고'],
  ] as const)('is bold before a particle: %s', ([text, bold, particle]) => {
    const html = strip(draw(text));
    expect(html).not.toContain('**');
    expect(html.replace(/<(?:span|strong)>/g, '<b>').replace(/<\/(?:span|strong)>/g, '</b>')).toContain(
      `<b>${bold}</b>${particle}`,
    );
  });
});

describe('struck through', () => {
  test.for([
    ['~~취소(선)~~는 그어요', '취소(선)', '는'],
    ['~~"옛 대사"~~를 지워요', '&quot;옛 대사&quot;', '를'],
    ['~~10%~~를 빼요', '10%', '를'],
    ['~~안녕~~하세요', '안녕', '하세요'],
  ] as const)('before a particle: %s', ([text, struck, particle]) => {
    expect(draw(text)).toContain(`<del>${struck}</del>${particle}`);
  });

  test('is not what stands between two ranges', () => {
    expect(draw('3~5개를 10~20분 동안 구워요')).toContain('3~5개를 10~20분 동안 구워요');
  });
});

describe('a link', () => {
  test('without brackets ends before a Korean particle', () => {
    const html = draw('https://example.com/a를 보세요');
    expect(html).toContain('href="https://example.com/a"');
    expect(html).toContain('</a>를 보세요');
  });

  test('with brackets keeps its Korean path', () => {
    expect(draw('[문서](https://example.com/가나)')).toContain('href="https://example.com/%EA%B0%80%EB%82%98"');
    expect(draw('<https://example.com/가나>')).toContain('href="https://example.com/%EA%B0%80%EB%82%98"');
  });

  test('tells the other site nothing and never runs a script', () => {
    expect(draw('[a](https://example.com)')).toContain('rel="noopener noreferrer nofollow"');
    expect(draw('[a](javascript:alert(1))')).not.toContain('javascript:');
    expect(draw('<img src=x onerror=alert(1)><script>alert(1)</script>')).not.toMatch(/onerror|<script/);
  });
});

test('a formula, however it is marked, and a price beside it', () => {
  const html = draw('값은 \\(x^2\\)이고 $y$예요. 커피는 $5, 빵은 $10예요.\n\n\\[\nz\n\\]');
  expect(html.match(/<code>[^<]*<\/code>/g)).toEqual(['<code>x^2</code>', '<code>y</code>', '<code>z</code>']);
  expect(html).toContain('커피는 $5, 빵은 $10예요.');
});
