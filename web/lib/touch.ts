import { readStored } from './theme.ts';

/** Whether fingers are the main way of pointing: there, Enter breaks the line and nothing grabs the keyboard. */
export function isTouchPrimary(): boolean {
  return matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches;
}

const enterKey = 'daesa.enterBreaks';

/** Where fingers point, or where somebody wants it so, Enter breaks the line and the button sends. */
export function enterSends(): boolean {
  return !isTouchPrimary() && readStored(enterKey) === null;
}

export function switchEnterSends(on: boolean): void {
  if (on) localStorage.removeItem(enterKey);
  else localStorage.setItem(enterKey, 'yes');
}
