declare global {
  interface Window {
    /** Answers of the API that came before the app, by their path; null: nobody is logged in. */
    given?: Record<string, unknown>;
    /** One for each answer that before-paint.js has asked for. */
    asked?: Record<string, Promise<unknown>>;
  }
}

/** Longer than this, the app is worth more than not having to ask again. */
const PATIENCE_MS = 200;

/** Waits for what before-paint.js has asked for, which is nearly always there by the time the app is. */
export async function waitForGiven(): Promise<void> {
  const patience = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([Promise.allSettled(Object.values(window.asked ?? {})), patience]);
}

/** The answer that came before the app, the first time that it is wanted: it is as old as the page. */
export function takeGiven<Answer>(path: string): Answer | undefined {
  const answer = window.given?.[path] as Answer | undefined;
  delete window.given?.[path];
  return answer;
}
