import type { ChatReply, Citation, Turn, TurnStatus, Usage } from '#contracts/chat.ts';
import type { Visitor } from '../http/visitor.ts';
import type { TurnRow } from './turn.store.ts';

export function toIso(instant: number): string {
  return new Date(instant).toISOString();
}

/** What a row of one's own shows as `user`: the address, or the nickname of an account without one. */
export function ownName(visitor: Visitor): string {
  return visitor.email ?? visitor.nickname;
}

export function showUsage(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** One turn as /chat shows it. `withUsage`: as the answer to the request that made it. */
export function showTurn(row: TurnRow, visitor: Visitor, publicUrl: string, withUsage = false): Turn {
  const href = `${publicUrl}/chat/${row.id}`;
  const user = ownName(visitor);
  return {
    id: row.id,
    user,
    content: row.content,
    created_at: toIso(row.created_at),
    updated_at: toIso(row.updated_at),
    status: row.status as TurnStatus,
    chat_reply: showReply(row, user),
    response: row.reply_content,
    ...(withUsage ? { usage: showUsage(row.prompt_tokens ?? 0, row.completion_tokens ?? 0) } : {}),
    model: row.model,
    timestamp: toIso(row.reply_created_at ?? row.created_at),
    session_id: row.session_id,
    ...showSources(row),
    links: [
      { rel: 'self', href, method: 'GET' },
      { rel: 'delete', href, method: 'DELETE' },
    ],
  };
}

/** What the answer was made from, where there is anything to say about it. */
export function showSources(row: Pick<TurnRow, 'left_out' | 'citations'>): {
  left_out?: number;
  citations?: Citation[];
} {
  return {
    ...(row.left_out ? { left_out: row.left_out } : {}),
    ...(row.citations === null ? {} : { citations: JSON.parse(row.citations) }),
  };
}

function showReply(row: TurnRow, user: string): ChatReply | null {
  if (row.reply_id === null || row.reply_content === null || row.reply_created_at === null) return null;
  return { id: row.reply_id, user, content: row.reply_content, created_at: toIso(row.reply_created_at) };
}
