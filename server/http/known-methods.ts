import type { FastifyInstance } from 'fastify';

interface Known {
  method: string;
  parts: string[];
}

function matches({ parts }: Known, segments: string[]): boolean {
  const open = parts.at(-1) === '*';
  if (open ? segments.length < parts.length : segments.length !== parts.length) return false;
  return parts.every(
    (part, index) => part === '*' || (part.startsWith(':') ? segments[index] : part === segments[index]),
  );
}

/** Watches which routes there are; gives what names the methods that a path takes, none for one that is not there. */
export function watchMethods(app: FastifyInstance): (path: string) => string[] {
  const known: Known[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    // CORS answers OPTIONS everywhere: that makes no path of it.
    const methods = [method].flat().filter((name) => name !== 'OPTIONS');
    for (const name of methods) known.push({ method: name, parts: url.split('/') });
  });
  return (path) => {
    const segments = path.split('/');
    return [...new Set(known.filter((route) => matches(route, segments)).map(({ method }) => method))].toSorted();
  };
}
