import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { visitorOf } from '../http/visitor.ts';
import type { GatewayParts } from './ask.ts';
import { gatewayConfig } from './gateway-schema.ts';
import { deleteObject, findObject, keepObject, listObjects, readContent, type OwnObject } from './objects.store.ts';
import { listOf, passOn, readListQuery, sameRequest, targetNamed } from './pass-on.ts';

/** Purposes that the provider has to see; all others are of no use to anybody. */
const providerPurposes = new Set(['fine-tune', 'batch', 'vision', 'evals']);
/** Purposes that are kept here. */
const ownPurposes = new Set(['assistants', 'user_data']);

function refuseField(name: string, message: string): Problem {
  return new Problem('unreadable', message, { errors: [{ path: name, message }] });
}

/** Reads the form of an upload. */
async function readUpload(request: FastifyRequest): Promise<{ purpose: string; file: File }> {
  const body = request.body as Buffer;
  let form: FormData;
  try {
    const headers = { 'content-type': String(request.headers['content-type']) };
    form = await new Response(new Uint8Array(body), { headers }).formData();
  } catch {
    throw new Problem('unreadable', 'The body is not a multipart form.');
  }
  const [purpose, file] = [form.get('purpose'), form.get('file')];
  if (!(file instanceof File)) throw refuseField('file', 'file takes an uploaded file.');
  if (typeof purpose !== 'string' || !(providerPurposes.has(purpose) || ownPurposes.has(purpose))) {
    throw refuseField('purpose', `purpose takes one of ${[...ownPurposes, ...providerPurposes].join(', ')}.`);
  }
  return { purpose, file };
}

/** Files with a purpose of this server's own are kept here, others at the provider; lists are of one's own. */
export function addFileRoutes(scope: App, parts: GatewayParts): void {
  const { database } = parts;
  const options = { config: gatewayConfig, schema: { tags: ['gateway'] } };

  async function own(request: FastifyRequest): Promise<OwnObject> {
    const { id } = request.params as { id: string };
    const found = await findObject(database.read, { id, kind: 'file', userId: visitorOf(request).id });
    if (!found) throw new Problem('not_found', `No such File object: ${id.slice(0, 100)}`);
    return found;
  }

  async function keepHere(userId: number, purpose: string, file: File): Promise<object> {
    const now = parts.clock();
    const content = new Uint8Array(await file.arrayBuffer());
    const name = file.name.replaceAll('\u0000', '').toWellFormed().slice(0, 500);
    const document = {
      id: `file-${randomBytes(18).toString('base64url').replace(/[-_]/g, 'x')}`,
      object: 'file',
      bytes: content.length,
      created_at: Math.floor(now / 1_000),
      expires_at: null,
      filename: name,
      purpose,
      status: 'processed',
      status_details: null,
    };
    const object = { id: document.id, kind: 'file' as const, userId, provider: '', content, now };
    await database.write(keepObject, { ...object, document: JSON.stringify(document) });
    return document;
  }

  const upload = { ...options, bodyLimit: parts.config.UPLOAD_LIMIT_BYTES };
  scope.post('/files', upload, async (request: FastifyRequest, reply: FastifyReply) => {
    const { id: userId } = visitorOf(request);
    const { purpose, file } = await readUpload(request);
    if (ownPurposes.has(purpose)) return reply.send(await keepHere(userId, purpose, file));
    const target = await targetNamed(parts, 'files', '');
    await passOn(target, sameRequest(request, 'files'), reply, async (text) => {
      const { id } = JSON.parse(text) as { id: string };
      const object = { id, kind: 'file' as const, userId, provider: target.name, document: text, content: null };
      await database.write(keepObject, { ...object, now: parts.clock() });
    });
    return reply;
  });

  scope.get('/files', options, async (request) => {
    const query = readListQuery(request);
    const { purpose } = request.query as { purpose?: string };
    const rows = await listObjects(database.read, {
      kind: 'file',
      userId: visitorOf(request).id,
      ...query,
      limit: 10_000,
    });
    const documents = rows.map((row) => JSON.parse(row.document) as { id: string; purpose?: string });
    const wanted = purpose === undefined ? documents : documents.filter((file) => file.purpose === purpose);
    return listOf(wanted, query.limit);
  });

  scope.get('/files/:id', options, async (request) => JSON.parse((await own(request)).document) as object);

  scope.get('/files/:id/content', options, async (request, reply) => {
    const { id, provider } = await own(request);
    if (provider !== '') {
      const target = await targetNamed(parts, 'files', provider);
      await passOn(target, sameRequest(request, `files/${encodeURIComponent(id)}/content`), reply);
      return reply;
    }
    const content = await readContent(database.read, { id, userId: visitorOf(request).id });
    return reply
      .type('application/octet-stream')
      .header('content-disposition', 'attachment')
      .send(Buffer.from(content ?? []));
  });

  scope.delete('/files/:id', options, async (request, reply) => {
    const { id, provider } = await own(request);
    const forget = async () => {
      await database.write(deleteObject, { id, userId: visitorOf(request).id });
    };
    if (provider === '') {
      await forget();
      return { id, object: 'file', deleted: true };
    }
    const target = await targetNamed(parts, 'files', provider);
    await passOn(target, sameRequest(request, `files/${encodeURIComponent(id)}`), reply, forget);
    return reply;
  });
}
