import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, with a slash at its end. */
export const root = fileURLToPath(new URL('../', import.meta.url));

/** What every Node of ours is started with. */
export const flags = ['--disable-warning=ExperimentalWarning'];

/** The environment of a program of ours: the chosen Node first on PATH, compiled code kept between starts. */
export function environmentFor(node) {
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return {
    ...process.env,
    [pathName]: `${dirname(node)}${delimiter}${process.env[pathName] ?? ''}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? `${root}node_modules/.cache/node-compile`,
  };
}
