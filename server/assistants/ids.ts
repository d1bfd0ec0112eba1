import { randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 24;

/** A random id as the wire has them: `asst_…`, `thread_…`. */
export function newId(prefix: 'asst' | 'thread' | 'msg' | 'run' | 'step' | 'call' | 'vs' | 'vsfb'): string {
  return `${prefix}_${Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')}`;
}

/** Unix seconds of an instant; the wire knows nothing smaller. */
export function toSeconds(instant: number): number;
export function toSeconds(instant: number | null): number | null;
export function toSeconds(instant: number | null): number | null {
  return instant === null ? null : Math.floor(instant / 1_000);
}

/** The wire's id of a message that was written in the web app, and so has none of its own. */
export function messageIdOf(id: number): string {
  return `msg_${String(id).padStart(LENGTH, '0')}`;
}

export function numberOfMessageId(publicId: string): number | undefined {
  const digits = /^msg_(\d{24})$/.exec(publicId)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
