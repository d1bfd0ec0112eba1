/**
 * The gateway beside `@portkey-ai/gateway`, in turn on core 0, client and provider on core 1: requests a second
 * and CPU of a request at 64 callers, time to the first chunk, and memory with 1,000 paced streams.
 * `PORTKEY=…/@portkey-ai/gateway/build/start-server.js` names the peer, installed apart with the versions that its
 * streams work with (hono 4.9.7, @hono/node-server 1.13.8 for 1.15.2); without it Daesa runs alone. Daesa stores and
 * prices every call, its peer stores nothing.
 */
import { Agent, request } from 'undici';
import { freePort } from '#test/postgres.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import {
  busyShare,
  coreTime,
  median,
  percentile,
  processorTime,
  residentMemory,
  startOn,
  stopProcess,
} from './process.ts';
import { CALLERS, startInstantProvider, startSubject } from './subject.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const ROUND_MS = 4_000;
const STREAMS = 1_000;

interface Gateway {
  name: string;
  pid: number;
  url: string;
  /** The headers of each caller. */
  callers: Record<string, string>[];
  stop(): Promise<void>;
}

async function startDaesa(providerUrl: string): Promise<Gateway> {
  const subject = await startSubject({ name: 'daesa', providerUrl });
  const callers = await Promise.all(
    subject.tokens.map(async (token) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await request(`${subject.origin}/keys`, { method: 'POST', headers, body: '{}' });
      const { key } = (await answer.body.json()) as { key: string };
      return { ...headers, authorization: `Bearer ${key}` };
    }),
  );
  return { name: 'daesa', pid: subject.pid, url: `${subject.origin}/v1/chat/completions`, callers, stop: subject.stop };
}

async function startPeer(program: string, providerUrl: string): Promise<Gateway> {
  const port = await freePort();
  const args = [program, `--port=${port}`, '--headless'];
  const { child, pid } = await startOn(0, process.execPath, args, {}, (line) => line.includes('Ready') || undefined);
  const headers = {
    authorization: 'Bearer sk-x',
    'content-type': 'application/json',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': providerUrl,
  };
  const callers = Array.from({ length: CALLERS }, () => headers);
  const url = `http://127.0.0.1:${port}/v1/chat/completions`;
  return { name: 'portkey', pid, url, callers, stop: () => stopProcess(child) };
}

const bodyOf = (stream: boolean) =>
  JSON.stringify({ model: 'gpt-4o-mini', stream, messages: [{ role: 'user', content: '안녕하세요, what is new?' }] });
const [plain, streamed] = [bodyOf(false), bodyOf(true)];

async function askUntil(gateway: Gateway, dispatcher: Agent, until: number): Promise<number> {
  let answered = 0;
  const loop = async (headers: Record<string, string>) => {
    while (performance.now() < until) {
      const answer = await request(gateway.url, { dispatcher, method: 'POST', headers, body: plain });
      await answer.body.dump();
      if (answer.statusCode !== 200) throw new Error(`${gateway.name} answered ${answer.statusCode}`);
      answered += 1;
    }
  };
  await Promise.all(gateway.callers.map(loop));
  return answered;
}

async function firstChunkMs(gateway: Gateway, dispatcher: Agent): Promise<number> {
  const began = performance.now();
  const headers = gateway.callers[0]!;
  const answer = await request(gateway.url, { dispatcher, method: 'POST', headers, body: streamed });
  let first: number | undefined;
  for await (const chunk of answer.body) if (String(chunk).includes('"content"')) first ??= performance.now() - began;
  if (first === undefined) throw new Error(`${gateway.name} streamed nothing`);
  return first;
}

interface Measured {
  requestsPerSecond: number[];
  microsecondsPerRequest: number[];
  firstChunkMs: number[];
  clientCore: number[];
}

async function measure(gateway: Gateway, measured: Measured): Promise<void> {
  const dispatcher = new Agent({ connections: CALLERS, pipelining: 1 });
  await askUntil(gateway, dispatcher, performance.now() + 1_500);
  const [core, processor, began] = [coreTime(1), processorTime(gateway.pid), performance.now()];
  const answered = await askUntil(gateway, dispatcher, began + ROUND_MS);
  measured.requestsPerSecond.push((answered * 1_000) / (performance.now() - began));
  measured.microsecondsPerRequest.push((processorTime(gateway.pid) - processor) / answered);
  measured.clientCore.push(busyShare(core, coreTime(1)));
  for (let time = 0; time < 100; time += 1) measured.firstChunkMs.push(await firstChunkMs(gateway, dispatcher));
  await dispatcher.close();
}

/** The most memory that the process holds while it hands on so many slow streams. */
async function memoryOfStreams(gateway: Gateway): Promise<{ before: number; peak: number }> {
  const dispatcher = new Agent({ connections: STREAMS, pipelining: 1 });
  const before = residentMemory(gateway.pid);
  let peak = before;
  const watching = setInterval(() => {
    peak = Math.max(peak, residentMemory(gateway.pid));
  }, 250);
  const read = async (headers: Record<string, string>) => {
    const answer = await request(gateway.url, { dispatcher, method: 'POST', headers, body: streamed });
    let text = '';
    for await (const chunk of answer.body) text = String(chunk);
    if (!text.includes('[DONE]')) throw new Error(`${gateway.name} broke a stream off`);
  };
  await Promise.all(Array.from({ length: STREAMS }, (_, index) => read(gateway.callers[index % CALLERS]!)));
  clearInterval(watching);
  await dispatcher.close();
  return { before, peak };
}

type Starter = (providerUrl: string) => Promise<Gateway>;
const peer = process.env.PORTKEY;
const starters: Starter[] = [startDaesa, ...(peer ? [(url: string) => startPeer(peer, url)] : [])];

const instant = await startInstantProvider();
const gateways: Gateway[] = [];
for (const start of starters) gateways.push(await start(instant.ready));
const results = gateways.map((): Measured => ({
  requestsPerSecond: [],
  microsecondsPerRequest: [],
  firstChunkMs: [],
  clientCore: [],
}));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [index, gateway] of gateways.entries()) await measure(gateway, results[index]!);
}
for (const [index, gateway] of gateways.entries()) {
  const { requestsPerSecond, microsecondsPerRequest, firstChunkMs: chunks, clientCore } = results[index]!;
  process.stdout.write(
    [
      gateway.name.padEnd(8),
      `${median(requestsPerSecond).toFixed(0)} requests/s at ${CALLERS}`,
      `${median(microsecondsPerRequest).toFixed(0)} µs CPU a request`,
      `first chunk ${percentile(chunks, 0.5).toFixed(2)} ms p50, ${percentile(chunks, 0.99).toFixed(2)} ms p99`,
      `client’s core ${(median(clientCore) * 100).toFixed(0)} % busy\n`,
    ].join(' · '),
  );
  await gateway.stop();
}
await stopProcess(instant.child);

const paced = await startScriptedProvider();
for (const start of starters) {
  paced.reset();
  paced.setDefault({ text: Array.from({ length: 40 }, (_, index) => ` word${index}`), paceMs: 250 });
  const gateway = await start(paced.url);
  const { before, peak } = await memoryOfStreams(gateway);
  const show = (bytes: number) => (bytes / 1e6).toFixed(0);
  process.stdout.write(
    `${gateway.name.padEnd(8)} ${STREAMS} paced streams: ${show(peak)} MB at most, ${show(before)} MB before\n`,
  );
  await gateway.stop();
}
await paced.close();
