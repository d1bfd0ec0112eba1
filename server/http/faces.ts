import type { FastifyReply, FastifyRequest } from 'fastify';

/** Whether the client prefers HTML to JSON: browsers name `text/html` when they open an address, programs don't. */
export function prefersHtml(request: FastifyRequest): boolean {
  const accept = request.headers.accept?.toLowerCase() ?? '';
  const html = weight(accept, 'text/html');
  return html > 0 && html >= weight(accept, 'application/json');
}

/** Whether the answer is to be the web app: only reading shows a page. */
export function wantsPage(request: FastifyRequest): boolean {
  return (request.method === 'GET' || request.method === 'HEAD') && prefersHtml(request);
}

/** Leads a browser to the login page, and from there back; where it wanted to log out, it has nothing to come back to. */
export function sendToLogin(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const next = request.url.startsWith('/accounts/logout') ? '' : `?next=${encodeURIComponent(request.url)}`;
  return reply.header('cache-control', 'no-store').redirect(`/accounts/login${next}`);
}

/** Adds a header that the answer depends on to those that are named already. */
export function addVary(reply: FastifyReply, name: string): void {
  const named = reply.getHeader('vary');
  void reply.header('vary', named === undefined ? name : `${String(named)}, ${name}`);
}

function weight(accept: string, type: string): number {
  const entry = accept.split(',').find((part) => part.split(';', 1)[0]!.trim() === type);
  if (!entry) return 0;
  const quality = /;\s*q=([\d.]+)/.exec(entry);
  return quality ? Number(quality[1]) : 1;
}
