/** Whether fingers are the main way of pointing: there, Enter breaks the line and nothing grabs the keyboard. */
export function isTouchPrimary(): boolean {
  return matchMedia('(pointer: coarse)').matches && !matchMedia('(any-pointer: fine)').matches;
}

const key = 'daesa.enterSends';

export function enterSends(): boolean {
  const chosen = localStorage.getItem(key);
  return chosen === null ? !isTouchPrimary() : chosen === 'yes';
}

export function chooseEnterSends(yes: boolean): void {
  localStorage.setItem(key, yes ? 'yes' : 'no');
}
