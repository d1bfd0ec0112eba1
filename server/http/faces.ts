import type { FastifyRequest } from 'fastify';

/** Whether the client prefers a page to JSON: browsers name `text/html` when they open an address, programs don't. */
export function wantsPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  const accept = request.headers.accept;
  if (!accept?.includes('text/html')) return false;
  return weight(accept, 'text/html') >= weight(accept, 'application/json');
}

function weight(accept: string, type: string): number {
  const entry = accept.split(',').find((part) => part.trim().startsWith(type));
  if (!entry) return 0;
  const quality = /;\s*q=([\d.]+)/.exec(entry);
  return quality ? Number(quality[1]) : 1;
}
