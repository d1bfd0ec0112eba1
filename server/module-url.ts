/**
 * The address of a module that another thread loads: `name` beside the module at `base`. Sources end in `.ts`,
 * the built server in `.js`, where all modules stand in one folder.
 */
export function moduleUrl(name: string, base: string): URL {
  return new URL(`./${name}${base.slice(base.lastIndexOf('.'))}`, base);
}
