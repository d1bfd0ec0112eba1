import type { Session } from '#contracts/sessions.ts';
import { call, send } from '../lib/api-client.ts';
import type { SendKey } from '../lib/send-key.ts';

interface Asking {
  bot: string;
  answers: string[];
  /** The session that an earlier try has made. */
  known: number | undefined;
  onCreated: (sessionId: number) => void;
  sendKey: SendKey;
}

/**
 * Stores the answers and asks with all of them, once. Done again after a failure it goes on where it broke
 * off: answers that are stored already are changed, and a session that was asked is not asked again.
 */
export async function askGuided({ bot, answers, known, onCreated, sendKey }: Asking): Promise<number> {
  const session = known === undefined ? await create(bot) : await call<Session>(`/sessions/${known}`);
  const { id, status, prompts } = session;
  onCreated(id);
  if (status === 'open') return id;
  for (const [index, content] of answers.entries()) {
    const stored = prompts[index];
    // One after the other: each is the answer to the question that comes next.
    /* oxlint-disable no-await-in-loop */
    if (!stored) await send(`/sessions/${id}/prompts`, { method: 'POST', body: { content, ask: false } });
    else if (stored.content !== content)
      await send(`/sessions/${id}/prompts/${stored.id}`, { method: 'PUT', body: { content } });
    /* oxlint-enable no-await-in-loop */
  }
  await send(`/sessions/${id}/ask`, {
    method: 'POST',
    body: { stream: true },
    headers: { 'idempotency-key': sendKey.of(`${id}`) },
  });
  sendKey.taken();
  return id;
}

function create(bot: string): Promise<Session> {
  return call<Session>('/sessions', { method: 'POST', body: { bot } });
}
