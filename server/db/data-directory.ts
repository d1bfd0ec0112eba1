import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StartError } from '../start-error.ts';

/** Another process holds the data directory: the one line to show before stopping. */
export class DirectoryInUseError extends StartError {
  override readonly name = 'DirectoryInUseError';
}

export interface DirectoryLock {
  path: string;
  release(): void;
}

/**
 * Takes DATA_DIR for this process. The lock is a file lock of the operating system, held through
 * SQLite, so it ends with the process whatever ends it: there are no stale locks and reused process
 * ids do not matter. The process id stands in a file of its own, only for the sentence.
 */
export function lockDataDirectory(directory: string): DirectoryLock {
  const path = resolve(directory);
  const pidFile = join(path, 'daesa.pid');
  const lock = openLock(path);
  try {
    lock.exec('pragma journal_mode = memory; begin exclusive');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new DirectoryInUseError(
      `The data directory ${path} is in use by process ${readPid(pidFile)}; stop it first.`,
    );
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return { path, release: () => lock.close() };
}

function openLock(path: string): DatabaseSync {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return new DatabaseSync(join(path, 'daesa.lock'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`The data directory ${path} can't be used (${reason}); DATA_DIR takes a folder to write in.`);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && /locked|busy/i.test(error.message);
}

function readPid(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
