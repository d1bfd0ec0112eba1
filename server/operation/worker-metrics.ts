/**
 * Several workers share one port, so a scrape meets any of them: that one asks the supervisor, who asks all. Each
 * worker's figures have its own label, so that one that is started again resets no sum.
 */
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

const ASK = 'daesa:ask-metrics';
const TELL = 'daesa:tell-metrics';

type Message = { type: typeof ASK; id: number } | { type: typeof TELL; id: number; text: string | undefined };

/** The supervisor's part. */
export function collectFromWorkers(): void {
  const all = new AggregatorRegistry();
  cluster.on('message', async (worker: Worker, { type, id }: Message) => {
    if (type !== ASK) return;
    // One that is starting, or gone, answers nothing.
    const text = await all.clusterMetrics().catch(() => undefined);
    const told: Message = { type: TELL, id, text };
    worker.send(told, () => undefined);
  });
}

/** A worker's part: gives what reads the figures of all of them, or its own where they can't be had. */
export function shareWithWorkers(registry: Registry): () => Promise<string> {
  registry.setDefaultLabels({ worker: String(cluster.worker!.id) });
  AggregatorRegistry.setRegistries(registry);
  // It is the constructor that listens.
  void new AggregatorRegistry();
  const waiting = new Map<number, (text: string | undefined) => void>();
  let asked = 0;
  process.on('message', (message: Message) => {
    if (message.type !== TELL) return;
    waiting.get(message.id)?.(message.text);
    waiting.delete(message.id);
  });
  return async () => {
    const text = await new Promise<string | undefined>((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      process.send!({ type: ASK, id: asked } satisfies Message);
    });
    return text ?? registry.metrics();
  };
}
