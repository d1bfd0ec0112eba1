import type { FastifyRequest } from 'fastify';
import { messageBody, metadataChange, threadBody, threadChange } from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import { changeMessage, deleteMessage } from './change-messages.store.ts';
import { resolveCursor, showPage } from './cursor.store.ts';
import { newId } from './ids.ts';
import { findMessage, listMessages, type NewMessage, type ThreadMessage } from './messages.store.ts';
import { newMessage } from './new-message.ts';
import type { AssistantParts } from './parts.ts';
import { readBody, readCursor } from './read-body.ts';
import { keepAttachments, keepResources } from './resources.ts';
import { routeOptions, type Params } from './route-options.ts';
import { postMessage } from './run-state.store.ts';
import type { KeptResources } from './show-assistant.ts';
import { idOf, showMessage, showThread } from './show-thread.ts';
import { changeThread, createThread, deleteThread, findThread, type ThreadRow } from './threads.store.ts';

export function noThread(id: string): Problem {
  return new Problem('not_found', `No thread found with id '${id.slice(0, 100)}'.`);
}

/** The own thread that a path names. */
export async function ownThread(parts: AssistantParts, request: FastifyRequest): Promise<ThreadRow> {
  const { thread: id } = request.params as Params;
  const row = await findThread(parts.database.read, { id, userId: visitorOf(request).id });
  if (!row) throw noThread(id);
  return row;
}

/** Keeps what messages bring into a thread; gives the vector stores that it has now. */
export async function attach(
  parts: AssistantParts,
  visitor: Visitor,
  thread: ThreadRow,
  messages: NewMessage[],
): Promise<KeptResources> {
  const present = JSON.parse(thread.tool_resources) as KeptResources;
  const toolResources = await keepAttachments(parts, visitor, present, messages);
  if (toolResources !== present) {
    await parts.database.write(changeThread, { id: thread.public_id, userId: visitor.id, toolResources });
  }
  return toolResources;
}

/** Threads: sessions of their owner. */
export function addThreadRoutes(scope: App, parts: AssistantParts): void {
  const { database, clock } = parts;
  const depth = parts.config.JSON_DEPTH_LIMIT;

  scope.post('/threads', routeOptions(parts, 'Opens a thread'), async (request) => {
    const body = readBody(threadBody, request, depth);
    const visitor = visitorOf(request);
    const messages = [];
    for (const message of body.messages ?? []) messages.push(await newMessage(parts, visitor, message));
    const given = await keepResources(parts, visitor, body.tool_resources ?? {});
    const toolResources = await keepAttachments(parts, visitor, given, messages);
    const metadata = body.metadata ?? {};
    const made = { id: newId('thread'), userId: visitor.id, metadata, toolResources, messages, now: clock() };
    return showThread(await database.write(createThread, made));
  });

  scope.get('/threads/:thread', routeOptions(parts, 'One thread'), async (request) =>
    showThread(await ownThread(parts, request)),
  );

  scope.post('/threads/:thread', routeOptions(parts, 'Changes a thread'), async (request) => {
    const body = readBody(threadChange, request, depth);
    const visitor = visitorOf(request);
    const { public_id: id } = await ownThread(parts, request);
    const row = await database.write(changeThread, {
      id,
      userId: visitor.id,
      ...(body.metadata === undefined ? {} : { metadata: body.metadata ?? {} }),
      ...(body.tool_resources ? { toolResources: await keepResources(parts, visitor, body.tool_resources) } : {}),
    });
    if (!row) throw noThread(id);
    return showThread(row);
  });

  scope.delete('/threads/:thread', routeOptions(parts, 'Deletes a thread'), async (request) => {
    const { thread: id } = request.params as Params;
    const deleted = await database.write(deleteThread, { id, userId: visitorOf(request).id });
    if (deleted === undefined) throw noThread(id);
    return { id, object: 'thread.deleted', deleted: true };
  });
}

/** Messages of threads: those of the session, whoever wrote them where. */
export function addMessageRoutes(scope: App, parts: AssistantParts): void {
  const { database } = parts;
  const depth = parts.config.JSON_DEPTH_LIMIT;

  async function own(request: FastifyRequest): Promise<{ thread: ThreadRow; row: ThreadMessage }> {
    const thread = await ownThread(parts, request);
    const { id } = request.params as Params;
    const row = await findMessage(database.read, { sessionId: thread.session_id, id });
    if (!row) throw new Problem('not_found', `No message found with id '${id.slice(0, 100)}'.`);
    return { thread, row };
  }

  scope.post('/threads/:thread/messages', routeOptions(parts, 'Adds a message'), async (request) => {
    const body = readBody(messageBody, request, depth);
    const thread = await ownThread(parts, request);
    const visitor = visitorOf(request);
    const message = await newMessage(parts, visitor, body);
    await database.write(postMessage, {
      sessionId: thread.session_id,
      threadId: thread.public_id,
      userId: visitor.id,
      message,
    });
    await attach(parts, visitor, thread, [message]);
    const row = await findMessage(database.read, { sessionId: thread.session_id, id: message.id });
    return showMessage(row!, thread.public_id);
  });

  scope.get('/threads/:thread/messages', routeOptions(parts, 'Messages of a thread'), async (request) => {
    const thread = await ownThread(parts, request);
    const sessionId = thread.session_id;
    const cursor = await resolveCursor(
      readCursor(request),
      async (id) => (await findMessage(database.read, { sessionId, id }))?.id,
    );
    const { run_id: runId } = request.query as { run_id?: string };
    const rows = await listMessages(database.read, { sessionId, runId, cursor });
    return showPage(
      rows.map((row) => showMessage(row, thread.public_id)),
      cursor.limit,
    );
  });

  scope.get('/threads/:thread/messages/:id', routeOptions(parts, 'One message'), async (request) => {
    const { thread, row } = await own(request);
    return showMessage(row, thread.public_id);
  });

  scope.post('/threads/:thread/messages/:id', routeOptions(parts, 'Changes a message'), async (request) => {
    const body = readBody(metadataChange, request, depth);
    const { thread, row } = await own(request);
    if (body.metadata === undefined) return showMessage(row, thread.public_id);
    const metadata = body.metadata ?? {};
    const change = { number: row.id, publicId: idOf(row), metadata, endedAt: row.updated_at };
    await database.write(changeMessage, change);
    return showMessage({ ...row, metadata: JSON.stringify(metadata) }, thread.public_id);
  });

  scope.delete('/threads/:thread/messages/:id', routeOptions(parts, 'Deletes a message'), async (request) => {
    const { thread, row } = await own(request);
    await database.write(deleteMessage, { sessionId: thread.session_id, number: row.id });
    return { id: idOf(row), object: 'thread.message.deleted', deleted: true };
  });
}
