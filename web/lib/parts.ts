import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

const REST_MS = 500;

/** A part of the app that did not come, and did not come when it was asked for again. */
export class MissingPart extends Error {
  override readonly name = 'MissingPart';
}

/** Loads a part of the app; once more, where the network failed for a moment. Throws MissingPart. */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch {
    await new Promise((resolve) => {
      setTimeout(resolve, REST_MS);
    });
    return load().catch((cause: unknown) => {
      // In words of its own: the router takes those of browsers for a reason to load the page anew by itself.
      throw new MissingPart('A part of the app is missing', { cause });
    });
  }
}

/** A component that comes when it is first shown. */
// As React's own `lazy` has it: whatever the component takes.
// oxlint-disable-next-line typescript/no-explicit-any
export function lazyPart<Name extends string, Part extends Record<Name, ComponentType<any>>>(
  load: () => Promise<Part>,
  name: Name,
): LazyExoticComponent<Part[Name]> {
  return lazy(async () => ({ default: (await loadPart(load))[name] }));
}
