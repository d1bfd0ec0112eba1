import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { App } from '../http/app-types.ts';
import { askJson, type GatewayParts } from './ask.ts';
import { endpoints, type Endpoint } from './endpoints.ts';
import { addModelRoutes } from './models.routes.ts';
import { answerProblem, unknownUrl } from './openai-error.ts';

export const gatewayConfig = { access: 'user' as const };

const anyBody = z.any().meta({ description: 'As in the OpenAI API; every field goes to the provider unchanged' });
const anyAnswer = { 200: z.any().meta({ description: 'As in the OpenAI API' }) };

export function gatewaySchema(summary: string) {
  return { tags: ['gateway'], summary, response: anyAnswer, body: anyBody };
}

/** Everything below /v1: bodies stay bytes, and whatever is thrown is answered in OpenAI's shape. */
export function addGateway(app: App, parts: GatewayParts): void {
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
      for (const endpoint of Object.values(endpoints)) addAsk(scope, parts, endpoint);
      addModelRoutes(scope, parts);
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
