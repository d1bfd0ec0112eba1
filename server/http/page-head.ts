/** What a page says about itself in its HTML, for those who read no JavaScript: messengers' previews, crawlers. */
export interface PageHead {
  title: string;
  description: string;
  url: string;
  /** What the page shows, as the API gives it: the web app paints it without asking for it. */
  given?: unknown;
}

/** Finds the head of a path (without its query); 'gone' and 'missing' for a page that is not there to be read. */
export type FindHead = (path: string) => Promise<PageHead | 'gone' | 'missing' | undefined>;

const signs: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => signs[sign]!);
}

/** More than this is quicker to ask for than to read before the first paint. */
const MOST_GIVEN = 50_000;

/** Data, which no browser runs; `<` could end it. */
function givenPage(page: unknown): string {
  const json = JSON.stringify(page);
  if (json.length > MOST_GIVEN) return '';
  return `<script type="application/json" id="given-page">${json.replaceAll('<', '\\u003c')}</script>`;
}

const noindex = '<meta name="robots" content="noindex">';

/** The web app's HTML with the head of one page. */
export function withHead(html: string, head: PageHead | 'gone' | 'missing'): string {
  if (typeof head === 'string') return html.replace('</head>', () => `${noindex}</head>`);
  const title = escape(head.title);
  const description = escape(head.description);
  const tags = [
    noindex,
    `<meta name="description" content="${description}">`,
    '<meta property="og:type" content="article">',
    '<meta property="og:site_name" content="Daesa">',
    `<meta property="og:title" content="${title}">`,
    `<meta property="og:description" content="${description}">`,
    `<meta property="og:url" content="${escape(head.url)}">`,
    head.given === undefined ? '' : givenPage(head.given),
  ].join('');
  // Functions as replacements: a title may hold `$&`.
  const titled = html.replace(/<title>[^<]*<\/title>/, () => `<title>${title} · Daesa</title>`);
  return titled.includes('</head>')
    ? titled.replace('</head>', () => `${tags}</head>`)
    : titled.replace('</title>', () => `</title>${tags}`);
}
