import { later } from './later.tsx';

export interface CodeProps {
  code: string;
  language: string;
}

export const Highlighted = later<CodeProps>(async () => (await import('./highlighted.tsx')).Highlighted, PlainCode);

export function PlainCode({ code }: CodeProps) {
  return <code>{code}</code>;
}
