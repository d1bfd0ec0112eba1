import { isUtf8 } from 'node:buffer';
import { Worker } from 'node:worker_threads';
import { moduleUrl } from '../module-url.ts';

/** A file whose text can not be read. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
  readonly code: 'unsupported_file' | 'invalid_file';

  constructor(code: UnreadableFile['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const PDF_MS = 120_000;

/** The text of a file: PDF, or anything that is UTF-8. Throws `UnreadableFile`. */
export async function extractText(bytes: Uint8Array): Promise<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isPdf = buffer.subarray(0, 1_024).includes('%PDF-');
  const text = isPdf ? await readPdf(bytes) : readPlain(buffer);
  const clean = text.replaceAll('\u0000', '\uFFFD').toWellFormed();
  if (clean.trim() === '') throw new UnreadableFile('invalid_file', 'The file has no text in it.');
  return clean;
}

function readPlain(buffer: Buffer): string {
  if (!isUtf8(buffer) || buffer.subarray(0, 8_192).includes(0)) {
    throw new UnreadableFile('unsupported_file', 'Files are read as PDF or as text in UTF-8; this is neither.');
  }
  return buffer.toString('utf8').replace(/^\uFEFF/, '');
}

/** A PDF is read in a thread of its own: its parser is large, and may take long. */
function readPdf(bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(moduleUrl('pdf-worker', import.meta.url), {
      workerData: new Uint8Array(bytes),
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    const fail = (message: string) => reject(new UnreadableFile('invalid_file', message));
    const timer = setTimeout(() => {
      fail('The PDF took too long to read.');
      void worker.terminate();
    }, PDF_MS);
    worker.once('message', resolve);
    worker.once('error', () => fail('The PDF could not be read.'));
    worker.once('exit', () => {
      clearTimeout(timer);
      fail('The PDF could not be read.');
    });
  });
}
