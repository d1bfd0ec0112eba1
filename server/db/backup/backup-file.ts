/**
 * The file of a backup: gzipped lines of JSON, the same from both kinds of database.
 *
 *   {"format":"daesa-backup", "version", "server", "kind", "migrations", "created_at"}
 *   {"table", "columns", "next"}   then one array of values for each of its rows; then the next table
 *   {"counts", "sha256"}           rows by table, and the hash of every line before this one
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { StartError } from '../../start-error.ts';

const FORMAT = 'daesa-backup';
const FORMAT_VERSION = 1;

export interface BackupHeader {
  /** The server that took it. */
  server: string;
  kind: 'sqlite' | 'postgres';
  /** The migrations that made its schema. */
  migrations: string[];
  created_at: string;
}

export interface TableHeader {
  table: string;
  columns: string[];
  /** The highest id that was ever given; null where ids are not counted. */
  next: number | null;
}

export type Value = string | number | null | Uint8Array;
export type Counts = Record<string, number>;
type Part = TableHeader | Value[];
type Line = Part | (BackupHeader & { format: string; version: number }) | { counts: Counts; sha256: string };

/** Bytes are the one kind of value that JSON has not. */
function toJson(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const given = this[key];
  return given instanceof Uint8Array ? { base64: Buffer.from(given).toString('base64') } : value;
}

function fromJson(_key: string, value: unknown): unknown {
  const bytes = value !== null && typeof value === 'object' && 'base64' in value ? value.base64 : undefined;
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : value;
}

/** Writes a whole backup; the file appears under its name once it is complete. Gives the rows by table. */
export async function writeBackup(file: string, header: BackupHeader, parts: AsyncIterable<Part>): Promise<Counts> {
  if (await exists(file)) throw new StartError(`${file} exists already; a backup takes a name that is free.`);
  const counts: Counts = {};
  const hash = createHash('sha256');
  const line = (value: unknown) => {
    const text = `${JSON.stringify(value, toJson)}\n`;
    hash.update(text);
    return text;
  };
  async function* lines(): AsyncGenerator<string> {
    yield line({ format: FORMAT, version: FORMAT_VERSION, ...header });
    let table = '';
    for await (const part of parts) {
      if (Array.isArray(part)) counts[table]! += 1;
      else counts[(table = part.table)] = 0;
      yield line(part);
    }
    yield `${JSON.stringify({ counts, sha256: hash.digest('hex') })}\n`;
  }
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    // It holds hashes of passwords and everybody's conversations: for its owner's eyes.
    const output = createWriteStream(unfinished, { mode: 0o600, flags: 'wx' });
    await pipeline(Readable.from(inChunks(lines())), createGzip({ level: 3 }), output);
    await flush(unfinished);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  return counts;
}

const CHUNK = 65_536;

/** Rows are short: each by itself would cost a round through the stream. */
async function* inChunks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = '';
  for await (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
}

async function* readLines(file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const text = source.pipe(createGunzip());
  source.on('error', (error) => text.destroy(error));
  yield* createInterface({ input: text, crlfDelay: Infinity });
  // readline ends quietly where its input broke off.
  if (text.errored) throw text.errored;
}

/** Reads the whole file once; throws where it is none of ours, or not as it was written. */
export async function checkBackup(file: string): Promise<{ header: BackupHeader; counts: Counts }> {
  const hash = createHash('sha256');
  let header: BackupHeader | undefined;
  let end: { counts: Counts; sha256: string } | undefined;
  try {
    for await (const text of readLines(file)) {
      if (end) throw new Error('there is something after its end');
      const line: Line | undefined = header && !text.startsWith('{"counts"') ? undefined : JSON.parse(text);
      if (!header) header = headerOf(line);
      else if (line && 'counts' in line) end = line;
      if (!end) hash.update(`${text}\n`);
    }
    if (!header || !end) throw new Error('its end is missing');
    if (end.sha256 !== hash.digest('hex')) throw new Error('its checksum does not match');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`${file} is no backup that can be restored (${reason}); nothing was changed.`);
  }
  return { header, counts: end.counts };
}

function headerOf(line: Line | undefined): BackupHeader {
  if (!line || !('format' in line) || line.format !== FORMAT) throw new Error('it does not begin as one');
  if (line.version !== FORMAT_VERSION) throw new Error(`it has the format ${line.version}, known is ${FORMAT_VERSION}`);
  return line;
}

/** The tables and rows of a file that `checkBackup` has found whole. */
export async function* readBackup(file: string): AsyncGenerator<Part> {
  let first = true;
  for await (const text of readLines(file)) {
    if (!first && !text.startsWith('{"counts"')) yield JSON.parse(text, fromJson) as Part;
    first = false;
  }
}
