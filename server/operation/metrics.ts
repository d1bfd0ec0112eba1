import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { App } from '../http/app-types.ts';

export interface Metrics {
  registry: Registry;
  /** Counts one call below /v1. */
  countCall(call: { endpoint: string; model: string; status: number; inputTokens: number; outputTokens: number }): void;
}

/** Names of models come from clients: past so many different ones the rest count as one. */
const MOST_MODELS = 200;

/** Counts requests by route and status, and how many answers are being written. */
export function addMetrics(app: App, parts: { openGenerations: () => number }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'daesa_http_requests_total',
    help: 'HTTP requests by route, method and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'daesa_http_request_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120],
    registers: [registry],
  });
  const open: Gauge = new Gauge({
    name: 'daesa_generations_open',
    help: 'Answers being written by this process',
    registers: [],
    collect: () => open.set(parts.openGenerations()),
  });
  registry.registerMetric(open);
  const calls = new Counter({
    name: 'daesa_model_calls_total',
    help: 'Calls below /v1 by endpoint, model and status',
    labelNames: ['endpoint', 'model', 'status'],
    registers: [registry],
  });
  const tokens = new Counter({
    name: 'daesa_model_tokens_total',
    help: 'Tokens of the calls below /v1, by model',
    labelNames: ['model'],
    registers: [registry],
  });
  const models = new Set<string>();
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'unknown' };
    requests.inc({ ...labels, status: reply.statusCode });
    duration.observe(labels, reply.elapsedTime / 1_000);
  });
  return {
    registry,
    countCall: (call) => {
      if (models.size < MOST_MODELS) models.add(call.model);
      const model = models.has(call.model) ? call.model : 'other';
      calls.inc({ endpoint: call.endpoint, model, status: call.status });
      tokens.inc({ model }, call.inputTokens + call.outputTokens);
    },
  };
}
