/** Whether fingers are the main way of pointing: there, Enter breaks the line and nothing grabs the keyboard. */
export function isTouchPrimary(): boolean {
  return matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches;
}

/** Where fingers point, Enter breaks the line and the button sends. */
export function enterSends(): boolean {
  return !isTouchPrimary();
}
