import { parseArgs } from 'node:util';
import { startScriptedProvider } from '../scripted-provider.ts';

// node test/scripted-provider/main.ts [--port 9000] [--instant] → {"url":"http://127.0.0.1:9000/v1"}
const { values } = parseArgs({ options: { port: { type: 'string' }, instant: { type: 'boolean' } } });
const provider = await startScriptedProvider({ port: Number(values.port ?? 0), instant: values.instant ?? false });
process.stdout.write(`${JSON.stringify({ url: provider.url, pid: process.pid })}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void provider.close().then(() => process.exit(0));
  });
}
