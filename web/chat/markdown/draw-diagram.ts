import mermaid from 'mermaid';

/** What a text could load from elsewhere, or could run: such a diagram is not drawn at all. */
const reachesOut = /url\s*\(|@import|\bimg\s*:|<\s*(?:img|image|iframe|script|style|link|object|embed|video|audio)\b/i;
/** What the text itself may not change. */
const secure = ['secure', 'securityLevel', 'startOnLoad', 'maxTextSize', 'maxEdges', 'suppressErrorRendering'];
const looks = ['htmlLabels', 'flowchart', 'themeCSS', 'themeVariables', 'fontFamily', 'altFontFamily'];

let drawn = 0;

/** Draws a diagram as an SVG file. Throws where the text is no diagram. */
export async function drawDiagram(source: string, dark: boolean): Promise<Blob> {
  if (reachesOut.test(source)) throw new Error('The diagram names something outside of it.');
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    suppressErrorRendering: true,
    // Labels are SVG text: HTML would not be drawn in a picture.
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    theme: dark ? 'dark' : 'neutral',
    // A picture has none of the page's fonts, and the sizes are measured in the page.
    fontFamily: 'system-ui, sans-serif',
    secure: [...secure, ...looks],
  });
  drawn += 1;
  const { svg } = await mermaid.render(`diagram-${drawn}`, source);
  return new Blob([withSize(svg)], { type: 'image/svg+xml' });
}

/** The library's drawing is as wide as its place; a picture needs a size of its own. */
function withSize(svg: string): string {
  const file = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const root = file.documentElement;
  const [, , width, height] = (root.getAttribute('viewBox') ?? '').split(/[\s,]+/);
  if (root.localName !== 'svg' || !width || !height) throw new Error('The drawing is no picture.');
  root.setAttribute('width', width);
  root.setAttribute('height', height);
  root.style.removeProperty('max-width');
  return new XMLSerializer().serializeToString(file);
}
