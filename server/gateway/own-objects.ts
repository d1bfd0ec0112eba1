import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { visitorOf } from '../http/visitor.ts';
import type { GatewayParts } from './ask.ts';
import { deleteObject, findObject, type ObjectKind, type OwnObject } from './objects.store.ts';
import { aboutRequest, passOn, sameRequest, targetNamed } from './pass-on.ts';

/** Hands a request on to the provider that has the object of the address's `:id`, for what stands `below` it. */
export type HandOn = (
  request: FastifyRequest,
  reply: FastifyReply,
  below?: string,
  onBody?: (text: string, object: OwnObject) => Promise<void>,
) => Promise<FastifyReply>;

interface Kind {
  kind: ObjectKind;
  /** Below /v1, here and at the provider. */
  path: string;
  missing: (id: string) => string;
  /** Which refusals of a provider go on unchanged. */
  isForClient?: (status: number) => boolean;
}

/** Objects that a provider keeps belong to whoever made them, and are not there for anybody else; deleted ones are forgotten. */
export function handOnOwn(
  { database, findTargets }: Pick<GatewayParts, 'database' | 'findTargets'>,
  { kind, path, missing, isForClient = aboutRequest }: Kind,
): HandOn {
  return async (request, reply, below = '', onBody = undefined) => {
    const { id } = request.params as { id: string };
    const { id: userId } = visitorOf(request);
    const object = await findObject(database.read, { id, kind, userId });
    if (!object) throw new Problem('not_found', missing(id.slice(0, 100)));
    const target = await targetNamed({ findTargets }, path, object.provider);
    const read = async (text: string) => {
      if (request.method === 'DELETE') await database.write(deleteObject, { id, userId });
      else await onBody?.(text, object);
    };
    await passOn(target, sameRequest(request, `${path}/${encodeURIComponent(id)}${below}`), reply, read, isForClient);
    return reply;
  };
}
