import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../http/app-types.ts';
import { Problem } from '../errors.ts';
import { visitorOf } from '../http/visitor.ts';
import { TypedAnswer } from './answer-reader.ts';
import { providerHeaders, type GatewayParts } from './ask.ts';
import { beginOrNote } from './begin-call.ts';
import { carryOut } from './call.ts';
import { chooseModel } from './choose-model.ts';
import { gatewayConfig } from './gateway-schema.ts';
import { onlyTranscribes, translate } from './translation.ts';
import { boundaryOf, openForm, setField } from './upload-form.ts';

/** How much of a form is read to find the model's name where nothing depends on it. */
const PEEK_BYTES = 64 * 1024;

/** Transcription and translation: a form with a recording, handed on as it comes. */
export function addAudioRoutes(scope: App, parts: GatewayParts): void {
  const options = { config: gatewayConfig, schema: { tags: ['gateway'] }, bodyLimit: parts.config.UPLOAD_LIMIT_BYTES };
  for (const endpoint of ['audio/transcriptions', 'audio/translations']) {
    scope.post(`/${endpoint}`, options, async (request: FastifyRequest, reply: FastifyReply) => {
      await askForm(parts, endpoint, request, reply);
      return reply;
    });
  }
}

async function askForm(
  parts: GatewayParts,
  endpoint: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const visitor = visitorOf(request);
  const contentType = request.headers['content-type'];
  const boundary = boundaryOf(contentType);
  const limitBytes = parts.config.UPLOAD_LIMIT_BYTES;
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new Problem('too_large');
  const { key } = visitor;
  // Who limits models or money has to know the model first, wherever it stands in the form.
  const depends = key?.models != null || key?.monthlyBudget != null || parts.limits.monthlyBudget != null;
  const form = await openForm(request.body as Readable, boundary, {
    peekBytes: depends ? limitBytes : PEEK_BYTES,
    limitBytes,
  });
  if (depends && form.model === undefined) {
    throw new Problem('unreadable', 'you must provide a model parameter', {
      errors: [{ path: 'model', message: 'is needed' }],
    });
  }
  const chosen = await chooseModel(parts, form.model ?? 'unnamed');
  const targets = await parts.findTargets(endpoint, chosen.used);
  const target = targets[0]!;
  if (target.kind === 'demo') {
    throw new Problem('not_supported', `The demo model does not serve ${endpoint}: set OPENAI_API_KEY for it.`);
  }
  if (endpoint === 'audio/translations' && form.model !== undefined && onlyTranscribes(chosen)) {
    const bytes = await readAll(form.body);
    return translate(parts, { bytes, boundary, contentType: contentType!, chosen, targets }, request, reply);
  }
  const renamed = form.model !== undefined && chosen.used !== form.model;
  const length = renamed ? undefined : request.headers['content-length'];
  const headers = [...providerHeaders(request, contentType), ...(length ? ['content-length', length] : [])];
  const head = renamed ? setField(form.head, boundary, 'model', chosen.used) : undefined;
  const bytes = head ? withHead(form.body, form.head.length, head) : form.body;
  // What flows through can be sent once: where another provider may be asked, the form is read whole.
  const body = targets.length > 1 ? await readAll(bytes) : Readable.from(bytes, { objectMode: false });
  const begun = await beginOrNote(parts, visitor, {
    endpoint,
    units: 1,
    model: form.model === undefined ? '' : chosen.used,
    askedModel: form.model ?? '',
    priceList: target.priceList,
    foreseen: undefined,
    claim: null,
  });
  if ('kept' in begun) return;
  const end = await carryOut(
    {
      endpoint,
      ticket: begun.ticket,
      targets,
      model: form.model === undefined ? '' : chosen.used,
      request: () => ({ method: 'POST', path: endpoint, headers, body }),
      reader: ({ transport }) =>
        new TypedAnswer({ secrets: transport.secrets, dropUsage: false, maxText: 64 * 1024 * 1024 }),
      estimatePrompt: () => 0,
      countPrompt: () => Promise.resolve(0),
      streams: true,
      headers: { ...begun.headers, ...chosen.headers },
      keepsCopy: false,
      once: !Buffer.isBuffer(body),
      unknownUsage: true,
    },
    parts,
    reply,
  );
  request.spent = { model: end.model, tokens: end.inputTokens + end.outputTokens };
}

/** What is sent in place of the bytes that were read, then the rest as it comes. */
async function* withHead(body: AsyncGenerator<Buffer>, read: number, head: Buffer): AsyncGenerator<Buffer> {
  yield head;
  let skipped = 0;
  for await (const chunk of body) {
    if (skipped < read) skipped += chunk.length;
    else yield chunk;
  }
}

async function readAll(body: AsyncGenerator<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}
