import { Children, isValidElement, type ReactNode } from 'react';
import { useIsCodeFenceIncomplete } from 'streamdown';
import { CodeFrame } from './code-frame.tsx';
import { Diagram } from './diagram.tsx';
import { Formula } from './lazy-formula.tsx';
import { Highlighted, PlainCode } from './lazy-highlighted.tsx';

/** What stands between fences: code, a formula, or a diagram. It gets its looks once it is written to its end. */
export function Fence({ children }: { children?: ReactNode }) {
  const { language, code } = read(children);
  const growing = useIsCodeFenceIncomplete();
  if (language === 'math') return <Formula tex={code} display />;
  if (language === 'mermaid' && !growing) return <Diagram source={code} />;
  const Code = growing || !language ? PlainCode : Highlighted;
  return (
    <CodeFrame language={language} code={code}>
      <Code code={code} language={language} />
    </CodeFrame>
  );
}

function read(children: ReactNode): { language: string; code: string } {
  const [code] = Children.toArray(children);
  if (!isValidElement<{ className?: string; children?: ReactNode }>(code)) return { language: '', code: '' };
  return {
    language: /language-(\S+)/.exec(code.props.className ?? '')?.[1] ?? '',
    code: Children.toArray(code.props.children).join('').replace(/\n$/, ''),
  };
}
