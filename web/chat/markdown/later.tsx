import { lazy, Suspense, type ComponentType } from 'react';
import { loadPart } from '../../lib/parts.ts';

/**
 * A part of an answer whose library is big: until it is there, and if it never comes, `Plain` stands in its
 * place. An answer without its looks is better than none.
 */
export function later<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Plain: ComponentType<Props>,
): ComponentType<Props> {
  const Loaded = lazy<ComponentType<Props>>(async () => {
    try {
      return { default: await loadPart(load) };
    } catch {
      return { default: Plain };
    }
  }) as unknown as ComponentType<Props>;
  return function Later(props: Props) {
    return (
      <Suspense fallback={<Plain {...props} />}>
        <Loaded {...props} />
      </Suspense>
    );
  };
}
