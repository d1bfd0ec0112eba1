import { toSeconds, messageIdOf } from './ids.ts';
import type { ThreadMessage } from './messages.store.ts';
import type { ThreadRow } from './threads.store.ts';

export function showThread(row: ThreadRow) {
  return {
    id: row.public_id,
    object: 'thread',
    created_at: toSeconds(row.created_at),
    metadata: JSON.parse(row.metadata) as object,
    tool_resources: JSON.parse(row.tool_resources) as object,
  };
}

/** The state of a message that was written in the web app, as the wire calls it. */
function statusOf({ turn_status: status, role }: ThreadMessage): 'in_progress' | 'incomplete' | 'completed' {
  if (role === 'user') return 'completed';
  if (status === 'running') return 'in_progress';
  return status === 'done' || status === 'answered' ? 'completed' : 'incomplete';
}

export function idOf(row: ThreadMessage): string {
  return row.public_id ?? messageIdOf(row.id);
}

/** A message as the wire has it: 14 fields. */
export function showMessage(row: ThreadMessage, threadId: string) {
  const status = row.status ?? statusOf(row);
  const endedAt = toSeconds(row.ended_at ?? (status === 'in_progress' ? null : row.updated_at));
  const plain = row.text === '' ? [] : [{ type: 'text', text: { value: row.text, annotations: [] } }];
  return {
    id: idOf(row),
    object: 'thread.message',
    created_at: toSeconds(row.created_at),
    thread_id: threadId,
    status,
    incomplete_details: status === 'incomplete' ? { reason: row.incomplete_reason ?? 'run_failed' } : null,
    completed_at: status === 'completed' ? endedAt : null,
    incomplete_at: status === 'incomplete' ? endedAt : null,
    role: row.role,
    content: row.content === null ? plain : (JSON.parse(row.content) as object[]),
    assistant_id: row.assistant_id,
    run_id: row.run_id,
    attachments: JSON.parse(row.attachments ?? '[]') as object[],
    metadata: JSON.parse(row.metadata ?? '{}') as object,
  };
}
