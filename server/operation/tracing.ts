import { hostname } from 'node:os';
import type { FastifyBaseLogger } from 'fastify';
import { version } from '../http/version.ts';

/** One call of a model, as it went. */
export interface TracedCall {
  endpoint: string;
  /** What was asked for, and what answered. */
  asked: string;
  model: string;
  status: number;
  inputTokens: number;
  outputTokens: number;
  /** Milliseconds since 1970. */
  startedAt: number;
}

export interface Tracing {
  /** Leaves a span of a call that ends now. */
  record(call: TracedCall): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

/** https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai (gen_ai.operation.name). */
const operations: Record<string, string> = {
  'chat/completions': 'chat',
  responses: 'chat',
  completions: 'text_completion',
  embeddings: 'embeddings',
  'images/generations': 'generate_content',
};

/**
 * Sends spans by the names of `gen_ai.*` to an OpenTelemetry collector: who was asked and how much, never what.
 * The libraries are loaded only where one is set.
 */
export async function startTracing(endpoint: string, instanceId: string, logger: FastifyBaseLogger): Promise<Tracing> {
  const [{ SpanKind, SpanStatusCode }, { BatchSpanProcessor, TracerProvider }, { OTLPTraceExporter }, resources] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` });
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': 'daesa',
      'service.version': version,
      'service.instance.id': instanceId,
      'host.name': hostname(),
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('daesa', version);
  return {
    record: ({ endpoint: asked, model, status, startedAt, ...call }) => {
      const operation = operations[asked] ?? asked;
      const span = tracer.startSpan(`${operation} ${call.asked}`.trim(), {
        kind: SpanKind.CLIENT,
        startTime: startedAt,
        attributes: {
          'gen_ai.operation.name': operation,
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': call.asked,
          'gen_ai.response.model': model,
          'gen_ai.usage.input_tokens': call.inputTokens,
          'gen_ai.usage.output_tokens': call.outputTokens,
          'http.response.status_code': status,
        },
      });
      if (status >= 400) span.setAttribute('error.type', String(status)).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
    close: async () => {
      await provider.shutdown().catch((error: unknown) => logger.warn({ err: error }, 'the last spans were not sent'));
    },
  };
}
