import { send } from './api-client.ts';

/** Fetches a file as the person who is logged in, and has the browser save it. */
export async function saveFile(path: string, name: string): Promise<void> {
  const response = await send(path, { headers: { accept: '*/*' } });
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
