import type { MessageBody } from '#contracts/assistants.ts';
import type { Visitor } from '../http/visitor.ts';
import { findFile } from './files.store.ts';
import { newId } from './ids.ts';
import type { KeptPart, NewMessage } from './messages.store.ts';
import type { AssistantParts } from './parts.ts';
import { refuseCodeInterpreter, refuseField } from './read-body.ts';

/** A message as it is kept, its files looked for. Throws 400 for a file that is not there. */
export async function newMessage(parts: AssistantParts, visitor: Visitor, body: MessageBody): Promise<NewMessage> {
  const content: KeptPart[] =
    typeof body.content === 'string'
      ? [textPart(body.content)]
      : body.content.map((part) => (part.type === 'text' ? textPart(part.text) : part));
  const attachments = body.attachments ?? [];
  for (const { file_id: id, tools } of attachments) {
    refuseCodeInterpreter(tools, 'attachments');
    await needFile(parts, visitor, id, 'attachments');
  }
  for (const part of content) {
    if (part.type === 'image_file') await needFile(parts, visitor, part.image_file.file_id, 'content');
  }
  return {
    id: newId('msg'),
    role: body.role,
    content,
    attachments,
    metadata: body.metadata ?? {},
    assistantId: null,
    runId: null,
    status: 'completed',
    now: parts.clock(),
  };
}

function textPart(value: string): KeptPart {
  return { type: 'text', text: { value, annotations: [] } };
}

async function needFile(parts: AssistantParts, visitor: Visitor, id: string, field: string): Promise<void> {
  if (await findFile(parts.database.read, { id, userId: visitor.id })) return;
  throw refuseField(field, `No file found with id '${id.slice(0, 100)}' among those that are kept here.`);
}
