/** Why the server can't start, as the one line that a person can act on. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}
