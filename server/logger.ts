import { pino, type DestinationStream, type Logger } from 'pino';
import { Problem } from './errors.ts';

interface LoggedError {
  type: string;
  code?: string;
  message?: string;
  stack: string;
  cause?: LoggedError;
}

const LONGEST_MESSAGE = 500;
const DEEPEST_CAUSE = 3;

/** A problem's text is for whoever asked, and may repeat what a provider said; a parser quotes what it read. */
function quotesOthers(error: Error): boolean {
  return error instanceof Problem || error instanceof SyntaxError || error.name.startsWith('Zod');
}

/** What is logged of an error: what it is and where it came from, never the values that databases and providers add. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, stack: '' };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    ...('code' in error ? { code: String(error.code) } : {}),
    ...(quotesOthers(error) ? {} : { message: error.message.slice(0, LONGEST_MESSAGE) }),
    stack: frames.join('\n'),
    ...(error.cause !== undefined && depth < DEEPEST_CAUSE ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/**
 * Lines are written a page at a time, or after a fifth of a second: a write for each takes as long as the line.
 * Those that nobody takes any more (the terminal is closed) are dropped, where pino would retry for ever.
 */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: 200 });
  output.on('error', () => Object.assign(output, { write: () => true, flushSync: () => {}, end: () => {} }));
  return output;
}

/** JSON lines on standard output, or wherever a test wants them. */
export function createLogger(level: string, to: DestinationStream = standardOutput()): Logger {
  return pino({ level, base: undefined, serializers: { err: (error: unknown) => describeError(error) } }, to);
}

/** Longest wait for the last lines of a process that ends, in milliseconds. */
const LAST_LINES_MS = 500;

/**
 * Resolves once every line so far is written, or can not be. Without it the end of the process would write them, and
 * pino's way of doing so tries a pipe that nobody reads any more for ever.
 */
export function flushed(logger: { flush?: (done: () => void) => void }): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, LAST_LINES_MS);
    if (logger.flush) logger.flush(() => resolve());
    else resolve();
  });
}
