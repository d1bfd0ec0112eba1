import { later } from './later.tsx';

export interface FormulaProps {
  tex: string;
  /** On lines of its own. */
  display: boolean;
}

export const Formula = later<FormulaProps>(async () => (await import('./formula.tsx')).Formula, Plain);

function Plain({ tex }: FormulaProps) {
  return <code>{tex}</code>;
}
