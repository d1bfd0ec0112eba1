import { useEffect, useState, useSyncExternalStore } from 'react';
import { useWords } from '../../lib/language.ts';
import { CodeFrame } from './code-frame.tsx';
import { PlainCode } from './lazy-highlighted.tsx';

/**
 * A diagram, shown as a picture: what is inside of an SVG picture runs no script, loads nothing and takes no
 * click, whatever the text says. What can't be drawn stays code.
 */
export function Diagram({ source }: { source: string }) {
  const { t } = useWords();
  const url = useDrawing(source, useDark());
  if (url === undefined) {
    return (
      <CodeFrame language="mermaid" code={source}>
        <PlainCode code={source} language="mermaid" />
      </CodeFrame>
    );
  }
  return (
    <CodeFrame language="mermaid" code={source} label={t('markdown.diagram')}>
      <img src={url} alt={t('markdown.diagramOf', { source })} className="mx-auto" />
    </CodeFrame>
  );
}

function useDrawing(source: string, dark: boolean): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    let wanted = true;
    const draw = async () => {
      const { drawDiagram } = await import('./draw-diagram.ts');
      const picture = await drawDiagram(source, dark);
      if (!wanted) return;
      made = URL.createObjectURL(picture);
      setUrl(made);
    };
    draw().catch(() => wanted && setUrl(undefined));
    return () => {
      wanted = false;
      if (made) URL.revokeObjectURL(made);
    };
  }, [source, dark]);
  return url;
}

function useDark(): boolean {
  return useSyncExternalStore(watchTheme, () => document.documentElement.dataset.theme === 'dark');
}

function watchTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => observer.disconnect();
}
