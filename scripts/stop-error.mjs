/** Why the launcher can't go on, as the one sentence to print. */
export class StopError extends Error {}
