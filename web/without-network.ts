/** Keeps the app in the browser, so that it opens without network. A browser that forbids it goes on without. */
export async function keepForOffline(): Promise<void> {
  await navigator.serviceWorker?.register(`${import.meta.env.BASE_URL}service-worker.js`);
}
