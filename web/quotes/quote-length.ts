/** Of a line that is requested, in code points. */
export const MOST_CHARACTERS = 1_000;
