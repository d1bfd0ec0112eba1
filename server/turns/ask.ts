import type { ChatBody } from '#contracts/chat.ts';
import { invalidField } from '../errors.ts';
import { titleOf } from './title-text.ts';
import type { TurnPlace } from './begin-turn.store.ts';
import { startTurn, type Asked, type Asker, type AskParts } from './start-turn.ts';

/** Reads an `Idempotency-Key` header: 1–255 visible ASCII characters. */
export function readIdempotencyKey(header: string | string[] | undefined, route: string): Asker['idempotency'] {
  if (header === undefined) return null;
  const key = String(header);
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalidField('Idempotency-Key', 'takes 1 to 255 visible ASCII characters');
  return { route, key };
}

/** A message to the free chat, or to a session of one's own. */
export function ask(parts: AskParts, asker: Asker, body: ChatBody): Promise<Asked> {
  const content = (body.content ?? body.message)!;
  const systemPrompt = body.system_prompt ?? null;
  const { session_id: sessionId, model, temperature, max_tokens: maxTokens } = body;
  const place: TurnPlace =
    sessionId === undefined
      ? { kind: 'opens', botSlug: 'free', systemPrompt, title: titleOf(content) }
      : { kind: 'continues', sessionId, systemPrompt };
  const history = body.conversation_history ?? [];
  return startTurn(parts, asker, { place, content, body, model, temperature, maxTokens, history });
}
