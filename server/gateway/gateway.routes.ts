import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { askJson, type GatewayParts } from './ask.ts';
import { addAudioRoutes } from './audio.routes.ts';
import { endpoints, type Endpoint } from './endpoints.ts';
import { addFileRoutes } from './files.routes.ts';
import { addFineTuningRoutes } from './fine-tuning.routes.ts';
import { gatewayConfig, gatewaySchema } from './gateway-schema.ts';
import { addModelRoutes } from './models.routes.ts';
import { answerProblem, unknownUrl } from './openai-error.ts';
import { addRealtimeRoutes } from './realtime.routes.ts';
import { addResponseRoutes } from './responses.routes.ts';
import { addChatCompletionRoutes } from './chat-completions.routes.ts';

const PROCESSING = 'openai-processing-ms';

/**
 * Everything below /v1: bodies stay bytes, and whatever is thrown is answered in OpenAI's shape. `addMore` adds
 * what other features serve there.
 */
export function addGateway(app: App, parts: GatewayParts, addMore: (scope: App) => void): void {
  void app.register(
    async (scope: App) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        'application/json',
        { parseAs: 'buffer' },
        async (_request: unknown, body: Buffer) => body,
      );
      // Bodies are bytes and go on as they are: no schema of ours reads them.
      scope.setValidatorCompiler(() => (value) => ({ value }));
      scope.setErrorHandler((error, request, reply) => answerProblem(request, reply, error));
      scope.setNotFoundHandler(unknownUrl);
      // Answers of a provider are sent past this, with the time that it names itself.
      scope.addHook('onSend', (_request, reply, payload, done) => {
        if (!reply.hasHeader(PROCESSING)) void reply.header(PROCESSING, String(Math.round(reply.elapsedTime)));
        done(null, payload);
      });
      const { chat: _stored, responses: _asks, compact: _shortens, inputTokens: _counts, ...plain } = endpoints;
      for (const endpoint of Object.values(plain)) addAsk(scope, parts, endpoint);
      addChatCompletionRoutes(scope, parts);
      addResponseRoutes(scope, parts);
      addModelRoutes(scope, parts);
      addRealtimeRoutes(scope, parts);
      addFineTuningRoutes(scope, parts);
      addMore(scope);
      await scope.register(async (forms: App) => {
        // A form of a file is read whole; what it holds is kept or handed on.
        forms.addContentTypeParser(
          'multipart/form-data',
          { parseAs: 'buffer' },
          async (_request: unknown, body: Buffer) => body,
        );
        addFileRoutes(forms, parts);
      });
      await scope.register(async (streams: App) => {
        // A recording flows through.
        streams.addContentTypeParser('multipart/form-data', async (_request: unknown, payload: unknown) => payload);
        addAudioRoutes(streams, parts);
      });
    },
    { prefix: '/v1' },
  );
}

function addAsk(scope: App, parts: GatewayParts, endpoint: Endpoint): void {
  const options = {
    config: gatewayConfig,
    bodyLimit: parts.config.UPLOAD_LIMIT_BYTES,
    schema: gatewaySchema(`Asks a model: ${endpoint.name}`),
  };
  scope.post(`/${endpoint.name}`, options, async (request: FastifyRequest, reply: FastifyReply) => {
    await askJson(parts, endpoint, request, reply);
    return reply;
  });
}
