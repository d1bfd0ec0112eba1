import { asProblem, send } from './api-client.ts';
import type { Translate } from './language.ts';
import { problemText } from './problem-text.ts';
import { showToast } from './toasts.ts';

/** Fetches a file as the person who is logged in, and has the browser save it; a failure is said in a toast. */
export async function saveFile(path: string, name: string, t: Translate): Promise<void> {
  let file: Blob;
  try {
    const response = await send(path, { headers: { accept: '*/*' } });
    file = await response.blob();
  } catch (error) {
    return void showToast({ kind: 'error', text: problemText(asProblem(error), t) });
  }
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
