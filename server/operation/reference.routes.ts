import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { App } from '../http/app-types.ts';

const page = (body: string) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Daesa API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>
<body style="margin:0">${body}</body></html>`;

const pages = {
  '/docs': page(
    '<link rel="stylesheet" href="/docs/swagger-ui.css"><div id="swagger-ui"></div>' +
      '<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>',
  ),
  '/redoc': page('<redoc spec-url="/openapi.json"></redoc><script src="/redoc/redoc.standalone.js"></script>'),
};

// No badge of a validator elsewhere.
const startSwaggerUi =
  "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });";

// Of the plugin only its copy of Swagger UI is used: the plugin itself takes a tenth of a start.
const packages = createRequire(import.meta.url);
const readText = (file: string) => readFile(packages.resolve(file), 'utf8');
/** What the pages load, by its address: the type, and where it is read. */
const files: Record<string, [type: string, read: () => Promise<string>]> = {
  '/docs/swagger-ui.css': ['text/css', () => readText('@fastify/swagger-ui/static/swagger-ui.css')],
  '/docs/swagger-ui-bundle.js': ['text/javascript', () => readText('@fastify/swagger-ui/static/swagger-ui-bundle.js')],
  '/docs/start.js': ['text/javascript', () => Promise.resolve(startSwaggerUi)],
  '/redoc/redoc.standalone.js': ['text/javascript', readRedoc],
};

/** The logo at its foot would be fetched from its maker's servers. */
async function readRedoc(): Promise<string> {
  const script = await readText('redoc/bundles/redoc.standalone.js');
  return script.replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:,');
}

/** The OpenAPI document, and Swagger UI and ReDoc to read it in, from this server alone. */
export function addReferencePages(app: App): void {
  const hidden = { schema: { hide: true } };
  app.get('/openapi.json', hidden, async (_request, reply) =>
    reply.type('application/json').serializer(JSON.stringify).send(app.swagger()),
  );
  for (const [path, html] of Object.entries(pages)) {
    for (const url of [path, `${path}/`]) {
      app.get(url, hidden, async (_request, reply) =>
        reply.type('text/html; charset=utf-8').serializer(String).send(html),
      );
    }
  }
  for (const [url, [type, read]] of Object.entries(files)) {
    app.get(url, hidden, async (_request, reply) =>
      reply
        .header('cache-control', 'public, max-age=86400')
        .type(`${type}; charset=utf-8`)
        .serializer(String)
        .send(await read()),
    );
  }
}
