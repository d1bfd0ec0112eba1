import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Problem } from '../errors.ts';
import type { App } from '../http/app-types.ts';
import type { Generation } from '../turns/generation.ts';

export interface Metrics {
  contentType: string;
  /** Everything in the text format of Prometheus; several workers speak for all of them. */
  read(): Promise<string>;
  /** Counts an answer to a person, from its start on. */
  observeGeneration(generation: Generation): void;
  /** Counts one call below /v1. */
  countCall(call: { endpoint: string; model: string; status: number; inputTokens: number; outputTokens: number }): void;
}

/** Names of models come from clients: past so many different ones the rest count as one. */
const MOST_MODELS = 200;

/** What is looked at when a scraper asks. */
export interface Measured {
  /** Processes that share the port. */
  workers: number;
  openGenerations: () => number;
  /** Writes and reads that wait for the database, and the connections to it. */
  databaseLoad: () => { waiting: number; connections: number };
}

/** Counts requests by route and status, answers by model, and what is open or waits at this moment. */
export async function addMetrics(app: App, parts: Measured): Promise<Metrics> {
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
  addGauge(registry, 'daesa_generations_open', 'Answers being written by this process', parts.openGenerations);
  const waiting = () => parts.databaseLoad().waiting;
  addGauge(registry, 'daesa_database_waiting', 'What waits for the database', waiting);
  const connections = () => parts.databaseLoad().connections;
  addGauge(registry, 'daesa_database_connections', 'Open connections to the database', connections);
  let underWay = 0;
  addGauge(registry, 'daesa_requests_open', 'Requests under way; streams and sockets stay open', () => underWay);
  const problems = new Counter({
    name: 'daesa_problems_total',
    help: 'Refusals and failures by their code: quota_exhausted, provider_busy',
    labelNames: ['code'],
    registers: [registry],
  });
  const observeGeneration = addGenerationMetrics(registry);
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
  app.addHook('onRequest', async (_request, reply) => {
    underWay += 1;
    // A hijacked answer has its end here too.
    reply.raw.once('close', () => (underWay -= 1));
  });
  app.addHook('onError', async (_request, _reply, error) => {
    if (error instanceof Problem) problems.inc({ code: error.code });
  });
  app.addHook('onResponse', async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'unknown' };
    requests.inc({ ...labels, status: reply.statusCode });
    duration.observe(labels, reply.elapsedTime / 1_000);
  });
  return {
    contentType: registry.contentType,
    read: parts.workers === 1 ? () => registry.metrics() : await readAll(registry),
    observeGeneration,
    countCall: (call) => {
      if (models.size < MOST_MODELS) models.add(call.model);
      const model = models.has(call.model) ? call.model : 'other';
      calls.inc({ endpoint: call.endpoint, model, status: call.status });
      tokens.inc({ model }, call.inputTokens + call.outputTokens);
    },
  };
}

async function readAll(registry: Registry): Promise<Metrics['read']> {
  const { shareWithWorkers } = await import('./worker-metrics.ts');
  return shareWithWorkers(registry);
}

function addGauge(registry: Registry, name: string, help: string, read: () => number): void {
  const gauge: Gauge = new Gauge({ name, help, registers: [], collect: () => gauge.set(read()) });
  registry.registerMetric(gauge);
}

/** How long people wait for the first word, how answers end, and what they use. */
function addGenerationMetrics(registry: Registry): Metrics['observeGeneration'] {
  const firstToken = new Histogram({
    name: 'daesa_first_token_seconds',
    help: 'Time from a question to the first word of its answer',
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
    registers: [registry],
  });
  const answers = new Counter({
    name: 'daesa_answers_total',
    help: 'Answers to people by how they ended',
    labelNames: ['state'],
    registers: [registry],
  });
  const tokens = new Counter({
    name: 'daesa_answer_tokens_total',
    help: 'Tokens of answers to people: prompt, completion',
    labelNames: ['kind'],
    registers: [registry],
  });
  return ({ log, outcome }) => {
    const asked = performance.now();
    void log
      .join()
      .past(0)
      .then(() => {
        if (log.length > 0) firstToken.observe((performance.now() - asked) / 1_000);
      });
    void outcome.then(({ state, usage }) => {
      answers.inc({ state });
      tokens.inc({ kind: 'prompt' }, usage.promptTokens);
      tokens.inc({ kind: 'completion' }, usage.completionTokens);
    });
  };
}
