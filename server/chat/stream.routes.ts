import { z } from 'zod';
import { chatBody, streamStarted } from '#contracts/chat.ts';
import { answers, nothing, type App } from '../http/app-types.ts';
import { startEventStream } from '../http/event-stream.ts';
import { visitorOf } from '../http/visitor.ts';
import { quotaHeaders } from '../spend/quota-headers.ts';
import { ask, readIdempotencyKey } from '../turns/ask.ts';
import type { AskParts } from '../turns/start-turn.ts';
import { findStream, follow, readPlace, type FollowParts } from '../turns/follow.ts';
import { addQuotaHeaders } from '../turns/quota-reply.ts';

export type StreamParts = AskParts & FollowParts;

const config = { access: 'user' as const };
const streamParams = z.object({ streamId: z.string().regex(/^[\w-]{1,64}$/) });

export function addStreamRoutes(app: App, parts: StreamParts): void {
  addStart(app, parts);
  addRead(app, parts);
  addStop(app, parts);
}

function addStart(app: App, parts: StreamParts): void {
  app.post(
    '/chat/stream',
    {
      config,
      schema: {
        tags: ['chat'],
        summary: 'Ask the model, and follow its answer as a stream',
        body: chatBody,
        response: answers({ 202: streamStarted }),
      },
    },
    async (request, reply) => {
      const visitor = visitorOf(request);
      const idempotency = readIdempotencyKey(request.headers['idempotency-key'], 'POST /chat/stream');
      const asked = await ask(
        parts,
        { id: visitor.id, key: visitor.key, idempotency, traceId: request.id, waits: false },
        request.body,
      );
      const id = 'repeats' in asked ? asked.repeats : asked.generation.plan.id;
      if ('repeats' in asked) await addQuotaHeaders(parts, visitor, reply);
      else void reply.headers(quotaHeaders(asked.quota, parts.clock()));
      void reply.code(202).header('location', `${parts.config.PUBLIC_URL}/chat/stream/${id}`);
      return { stream_id: id, status: 'started' as const };
    },
  );
}

function addRead(app: App, parts: StreamParts): void {
  const schema = {
    tags: ['chat'],
    params: streamParams,
    response: answers({ 204: nothing }),
    description: 'Server-Sent Events: START, CHUNK…, then END or ERROR. Last-Event-ID goes on where a reader stopped.',
  };
  // A HEAD request would wait for the end of an answer that it can't have.
  app.get('/chat/stream/:streamId', { config, schema, exposeHeadRoute: false }, async (request, reply) => {
    const followed = await findStream(parts, request.params.streamId, visitorOf(request).id);
    const place = readPlace(request.headers['last-event-id'], followed);
    if (place === 'over') return reply.code(204).send();
    const writer = startEventStream(reply);
    try {
      for await (const { id, event } of follow(parts, followed, place, writer.signal)) {
        await writer.send({ event: 'chunk', id, data: JSON.stringify(event) });
      }
      writer.end();
    } catch (error) {
      // A reader that leaves ends only its own reading; after any other failure it comes back by itself.
      if (!writer.signal.aborted) request.log.error({ err: error }, 'a stream broke off');
      writer.cut();
    }
    return reply;
  });
}

function addStop(app: App, parts: StreamParts): void {
  const schema = { tags: ['chat'], params: streamParams, response: answers({ 204: nothing }) };
  app.delete('/chat/stream/:streamId', { config, schema }, async (request, reply) => {
    const { id: userId } = visitorOf(request);
    const { streamId: id } = request.params;
    await findStream(parts, id, userId);
    await parts.generations.stop({ userId, id });
    return reply.code(204).send();
  });
}
