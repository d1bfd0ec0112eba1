import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startGateway } from '#test/gateway.ts';

test('each call below /v1 leaves a span by the names of gen_ai, without what was said', async () => {
  const received: { path: string; text: string }[] = [];
  const collector = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    // Protobuf writes its strings as they are.
    received.push({ path: request.url!, text: Buffer.concat(pieces).toString('latin1') });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const house = await startGateway({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
  const { openai } = await house.key();
  const ask = () =>
    openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: 'A secret question' }] });
  await ask();
  house.provider.script({ status: 400 });
  await expect(ask()).rejects.toMatchObject({ status: 400 });
  const metrics = await (await fetch(`${house.server.url}/metrics`)).text();
  expect(metrics).toContain('daesa_model_calls_total{endpoint="chat/completions",model="gpt-5-mini",status="400"} 1');
  // What is left goes out when the server stops.
  await house.close();
  expect(received.map(({ path }) => path)).toEqual(['/v1/traces']);
  const { text } = received[0]!;
  for (const name of [
    'chat gpt-5-mini',
    'gen_ai.operation.name',
    'gen_ai.provider.name',
    'gen_ai.request.model',
    'gen_ai.response.model',
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.output_tokens',
    'error.type',
    'daesa',
  ]) {
    expect(text).toContain(name);
  }
  expect(text).not.toContain('secret');
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});
