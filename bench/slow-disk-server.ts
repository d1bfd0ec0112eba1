/** The server on a disk whose every flush takes 4 ms longer. Started by slow-disk.ts. */
import { buildApp } from '#server/app.ts';
import { readConfig } from '#server/config.ts';
import { createContext } from '#server/context.ts';

const config = readConfig();
const context = await createContext(config, { flushDelayMs: 4 });
const server = await buildApp(context);
await server.app.listen({ port: config.PORT, host: config.HOST });
const address = server.app.server.address();
process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 })}\n`);
process.once('SIGTERM', () => void server.stop(0).then(() => process.exit(0)));
