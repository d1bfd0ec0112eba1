import type { CDPSession } from 'playwright-core';

/** Playwright has no input methods; the browser itself has, by the DevTools protocol. */
export const compose = (keys: CDPSession, text: string) =>
  keys.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });

export const complete = (keys: CDPSession, text: string) => keys.send('Input.insertText', { text });

/** 229: the key that an input method has taken. */
export async function pressEnter(keys: CDPSession, keyCode: 13 | 229): Promise<void> {
  const key = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: keyCode };
  await keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
  await keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
}

/** Writes Hangul and presses Enter while its last syllable is still being composed, as Windows reports it. */
export async function writeAndEnter(keys: CDPSession, text: string): Promise<void> {
  const last = text.slice(-1);
  await complete(keys, text.slice(0, -1));
  await compose(keys, last);
  await pressEnter(keys, 229);
  await complete(keys, last);
}
