import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import {
  metadataChange,
  runBody,
  threadRunBody,
  toolOutputsBody,
  type MessageBody,
  type RunBody,
} from '#contracts/assistants.ts';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import { startEventStream } from '../http/event-stream.ts';
import { visitorOf, type Visitor } from '../http/visitor.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import { findAssistant } from './assistants.store.ts';
import { noAssistant } from './assistants.routes.ts';
import { resolveCursor, showPage } from './cursor.store.ts';
import { executeRun, type RunStart } from './execute-run.ts';
import { newId } from './ids.ts';
import { readNewest } from './messages.store.ts';
import { newMessage } from './new-message.ts';
import { isLimited, type AssistantParts } from './parts.ts';
import { checkTools, readBody, readCursor, refuseField } from './read-body.ts';
import { keepAttachments, keepResources } from './resources.ts';
import { routeOptions, type Params } from './route-options.ts';
import { runDocument, showRun, showStep } from './run-document.ts';
import { reserveArgs } from './run-reservation.ts';
import { beginRun, cancelRun, changeRunMetadata, expireRuns, hasTaken, submitOutputs } from './run-state.store.ts';
import { findRepeated, findRun, listRuns, readSteps, type RunRow } from './runs.store.ts';
import type { AssistantDocument, KeptResources } from './show-assistant.ts';
import { showThread } from './show-thread.ts';
import { attach, ownThread } from './threads.routes.ts';
import { createThread, deleteThread, findThreadOf, type ThreadRow } from './threads.store.ts';

type Place = { thread: ThreadRow; run: RunRow };

/** The own run that a path names, as it is by now. */
export async function ownRun(parts: AssistantParts, request: FastifyRequest): Promise<Place> {
  const thread = await ownThread(parts, request);
  const { run: id } = request.params as Params;
  const args = { sessionId: thread.session_id, id };
  let run = await findRun(parts.database.read, args);
  const now = parts.clock();
  if (run?.status === 'requires_action' && run.expires_at <= now) {
    await parts.database.write(expireRuns, { sessionId: thread.session_id, now });
    run = await findRun(parts.database.read, args);
  }
  if (!run) throw new Problem('not_found', `No run found with id '${id.slice(0, 100)}'.`);
  return { thread, run };
}

async function show(parts: AssistantParts, { thread, run }: Place): Promise<object> {
  const waiting = run.status === 'requires_action' ? (await readSteps(parts.database.read, run.id)).at(-1) : undefined;
  return showRun(run, thread.public_id, waiting);
}

/** Starts or goes on with a run; its client follows the events, or asks for it again. */
async function follow(
  parts: AssistantParts,
  reply: FastifyReply,
  start: RunStart,
  stream: boolean,
  before: [event: string, data: object][],
): Promise<object> {
  if (!stream) {
    void executeRun(parts, start, () => undefined);
    return showRun(start.run, start.threadId);
  }
  const events = startEventStream(reply);
  const emit = (event: string, data: object) => {
    // A reader that has left changes nothing about the run.
    void events.send({ event, data: JSON.stringify(data) }).catch(() => undefined);
  };
  for (const [event, data] of before) emit(event, data);
  const problem = await executeRun(parts, start, emit);
  if (problem) emit('error', parts.showError(problem));
  else void events.send({ event: 'done', data: '[DONE]' }).catch(() => undefined);
  events.end();
  return reply;
}

interface Begin {
  thread: ThreadRow;
  body: Omit<RunBody, 'additional_messages'>;
  additional: MessageBody[];
  /** The thread was made for this run. */
  made: boolean;
}

const keyText = /^[\x21-\x7e]{1,255}$/;

/** Runs: what an assistant answers in a thread. */
export function addRunRoutes(scope: App, parts: AssistantParts): void {
  const { database, clock } = parts;
  const depth = parts.config.JSON_DEPTH_LIMIT;

  async function assistantOf(visitor: Visitor, id: string) {
    const assistant = await findAssistant(database.read, { id, userId: visitor.id });
    if (!assistant) throw noAssistant(id);
    return assistant;
  }

  /** What a first call may come to: the words of the thread and the longest answer. */
  async function sizeOf(sessionId: number, document: string, messages: object[]): Promise<number> {
    const stored = await readNewest(database.read, { sessionId, limit: 1_000 });
    const words = [document, ...stored.map(({ text }) => text), ...messages.map((message) => JSON.stringify(message))];
    return words.reduce((sum, text) => sum + estimateTokens(text), 0);
  }

  function claimOf(request: FastifyRequest): { key: string; bodyHash: string } | null {
    const header = request.headers['idempotency-key'];
    if (header === undefined) return null;
    const key = String(header);
    if (!keyText.test(key)) throw refuseField('Idempotency-Key', 'takes 1 to 255 visible ASCII characters');
    const hashed = createHash('sha256')
      .update(request.url)
      .update(request.body as Buffer);
    return { key, bodyHash: hashed.digest('base64url') };
  }

  /** The run that an Idempotency-Key has started before, as it is now. */
  async function repeated(request: FastifyRequest): Promise<RunRow | undefined> {
    const claim = claimOf(request);
    if (!claim) return undefined;
    const run = await findRepeated(database.read, { userId: visitorOf(request).id, key: claim.key });
    if (run && run.body_hash !== claim.bodyHash) throw new Problem('idempotency_mismatch');
    return run;
  }

  async function begin(request: FastifyRequest, reply: FastifyReply, { thread, body, additional, made }: Begin) {
    checkTools(body.tools);
    const visitor = visitorOf(request);
    const assistant = await assistantOf(visitor, body.assistant_id);
    const settings = JSON.parse(assistant.document) as AssistantDocument;
    const limited = isLimited(parts.limits, visitor.key);
    const messages = [];
    for (const message of additional) messages.push(await newMessage(parts, visitor, message));
    const resources = joined(settings.tool_resources, await attach(parts, visitor, thread, messages));
    const document = runDocument(settings, body, { tool_resources: resources, limited });
    const model = await parts.models.choose(document.model);
    const text = JSON.stringify(document);
    const prompt = limited ? await sizeOf(thread.session_id, text, messages) : 0;
    const reserve = await reserveArgs(
      parts,
      { userId: visitor.id, keyId: visitor.key?.id ?? null, assistantId: assistant.public_id },
      { model, askedModel: document.model, units: 1, limited },
      () => ({ prompt, answer: document.max_completion_tokens ?? parts.config.GATEWAY_MAX_TOKENS }),
    );
    const begun = await database.write(beginRun, {
      id: newId('run'),
      sessionId: thread.session_id,
      threadId: thread.public_id,
      userId: visitor.id,
      assistantId: assistant.public_id,
      botId: assistant.bot_id,
      document: text,
      metadata: body.metadata ?? {},
      messages,
      reserve,
      idempotency: claimOf(request),
      now: clock(),
    });
    void reply.headers(parts.limitHeaders(begun.quota, begun.tokenRoom, clock()));
    const { run, reservation } = begun;
    const shown = showRun(run, thread.public_id);
    const before: [string, object][] = [
      ...(made ? [['thread.created', showThread(thread)] as [string, object]] : []),
      ['thread.run.created', shown],
      ['thread.run.queued', shown],
    ];
    return follow(parts, reply, { run, threadId: thread.public_id, reservation }, body.stream === true, before);
  }

  scope.post('/threads/:thread/runs', routeOptions(parts, 'Runs an assistant on a thread'), async (request, reply) => {
    const { additional_messages: additional, ...body } = readBody(runBody, request, depth);
    const thread = await ownThread(parts, request);
    const run = await repeated(request);
    if (run) return show(parts, { thread, run });
    // One that has waited too long does not keep the thread.
    await database.write(expireRuns, { sessionId: thread.session_id, now: clock() });
    return begin(request, reply, { thread, body, additional: additional ?? [], made: false });
  });

  scope.post(
    '/threads/runs',
    routeOptions(parts, 'Opens a thread and runs an assistant on it'),
    async (request, reply) => {
      const { thread: wanted, tool_resources: resources, ...body } = readBody(threadRunBody, request, depth);
      const before = await repeated(request);
      const known = before && (await findThreadOf(database.read, before.session_id));
      if (before && known) return show(parts, { thread: known, run: before });
      checkTools(body.tools);
      const visitor = visitorOf(request);
      await assistantOf(visitor, body.assistant_id);
      const messages = [];
      for (const message of wanted?.messages ?? []) messages.push(await newMessage(parts, visitor, message));
      const given = await keepResources(parts, visitor, wanted?.tool_resources ?? resources ?? {});
      const toolResources = await keepAttachments(parts, visitor, given, messages);
      const metadata = wanted?.metadata ?? {};
      const args = { id: newId('thread'), userId: visitor.id, metadata, toolResources, messages, now: clock() };
      const thread = await database.write(createThread, args);
      try {
        return await begin(request, reply, { thread, body, additional: [], made: true });
      } catch (error) {
        // A refused request leaves nothing behind.
        await database.write(deleteThread, { id: thread.public_id, userId: visitor.id });
        throw error;
      }
    },
  );

  scope.get('/threads/:thread/runs', routeOptions(parts, 'Runs of a thread'), async (request) => {
    const thread = await ownThread(parts, request);
    const sessionId = thread.session_id;
    const cursor = await resolveCursor(
      readCursor(request),
      async (id) => (await findRun(database.read, { sessionId, id }))?.id,
    );
    await database.write(expireRuns, { sessionId, now: clock() });
    const rows = await listRuns(database.read, sessionId, cursor);
    const shown = await Promise.all(rows.map((run) => show(parts, { thread, run }) as Promise<{ id: string }>));
    return showPage(shown, cursor.limit);
  });

  scope.get('/threads/:thread/runs/:run', routeOptions(parts, 'One run'), async (request) =>
    show(parts, await ownRun(parts, request)),
  );

  scope.post('/threads/:thread/runs/:run', routeOptions(parts, 'Changes a run'), async (request) => {
    const { metadata } = readBody(metadataChange, request, depth);
    const { thread, run } = await ownRun(parts, request);
    const changed =
      metadata === undefined
        ? run
        : await database.write(changeRunMetadata, { runId: run.id, metadata: metadata ?? {} });
    return show(parts, { thread, run: changed ?? run });
  });

  scope.post('/threads/:thread/runs/:run/cancel', routeOptions(parts, 'Cancels a run'), async (request) => {
    const { thread, run } = await ownRun(parts, request);
    const args = { sessionId: thread.session_id, id: run.public_id, now: clock() };
    return show(parts, { thread, run: await database.write(cancelRun, args) });
  });

  const submit = '/threads/:thread/runs/:run/submit_tool_outputs';
  scope.post(submit, routeOptions(parts, 'Gives a run the outputs it waits for'), async (request, reply) => {
    const body = readBody(toolOutputsBody, request, depth);
    const { thread, run: found } = await ownRun(parts, request);
    const outputs = Object.fromEntries(body.tool_outputs.map((output) => [output.tool_call_id, output.output]));
    // A client that asks again with its key did not hear that they were taken.
    if (claimOf(request) && (await hasTaken(database.read, { runId: found.id, outputs }))) {
      return show(parts, { thread, run: found });
    }
    const run = await database.write(submitOutputs, {
      sessionId: thread.session_id,
      id: found.public_id,
      outputs,
      instanceId: parts.instanceId,
      now: clock(),
    });
    const step = (await readSteps(database.read, run.id)).at(-1)!;
    const before: [string, object][] = [
      ['thread.run.step.completed', showStep(step, run, thread.public_id)],
      ['thread.run.queued', showRun(run, thread.public_id)],
    ];
    return follow(parts, reply, { run, threadId: thread.public_id }, body.stream === true, before);
  });
}

/** The vector stores of an assistant and of a thread. */
function joined(one: KeptResources, other: KeptResources): KeptResources {
  const ids = [one, other].flatMap((resources) => resources.file_search?.vector_store_ids ?? []);
  return ids.length > 0 ? { file_search: { vector_store_ids: [...new Set(ids)] } } : {};
}
