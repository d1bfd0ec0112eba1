import swagger from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Config } from '../config.ts';
import type { App } from './app-types.ts';
import { version } from './version.ts';
import { cookieName, type Access } from './visitor.ts';

type Transform = typeof jsonSchemaTransform;
type Requirement = Record<string, string[]>;

const bearer: Requirement = { bearer: [] };
const anyCredential: Requirement[] = [bearer, { cookie: [] }];

/** Who may call an operation, from what its route declares. An empty requirement stands for nobody in particular. */
function securityOf(access: Access, url: string): Requirement[] {
  if (access === 'open') return [];
  const needed = url.startsWith('/v1/') ? [bearer] : anyCredential;
  return access === 'anyone' ? [{}, ...needed] : needed;
}

/** A route that has no summary of its own is named by the first sentence of its description, or its address. */
function summaryOf(schema: FastifySchema, method: string, url: string): string {
  return schema.summary ?? schema.description?.split(/[.:](?:\s|$)/, 1)[0] ?? `${method} ${url}`;
}

/** Makes an operation of a route: its schemas, a summary, and a security requirement where access needs one. */
const describeRoute: Transform = (input) => {
  const { url, route } = input;
  const { schema, ...rest } = jsonSchemaTransform(input);
  if (schema?.hide) return { schema, ...rest };
  const method = [route.method].flat().join(', ');
  const described = {
    ...schema,
    summary: summaryOf(schema ?? {}, method, url),
    security: schema?.security ?? securityOf(route.config?.access ?? 'open', url),
  };
  return { ...rest, schema: described };
};

/** Collects the OpenAPI document of every route, which operation/reference.routes.ts serves. */
export async function addDocumentation(app: App, config: Config): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Daesa',
        version,
        description: 'A self-hosted ChatGPT service. Errors are problem+json (RFC 9457).',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: config.PUBLIC_URL }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'The token of POST /accounts/login, or an API key' },
          cookie: { type: 'apiKey', in: 'cookie', name: cookieName(config), description: 'A session of a browser' },
        },
      },
    },
    transform: describeRoute,
    transformObject: jsonSchemaTransformObject,
  });
}
