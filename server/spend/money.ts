/** Money is whole nano-dollars: sums stay exact, and a double holds nine million dollars of them. */
export const NANO = 1_000_000_000;

export function nanoOf(dollars: number): number {
  return Math.round(dollars * NANO);
}

export function dollarsOf(nano: number): number {
  return nano / NANO;
}
