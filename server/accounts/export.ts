import { ZipFile } from 'yazl';
import type { Readable } from 'node:stream';

/** One file of the archive. */
export interface ExportedFile {
  path: string;
  content: Buffer;
}

/** What a feature gives an account of its own data: files, made one after the other. */
export type OwnData = (userId: number) => AsyncIterable<ExportedFile>;

/**
 * A zip archive of everything that the features keep of an account. Each file is made when the one before it has
 * been taken, so an archive of any size costs the memory of one conversation.
 */
export function exportAccount(features: OwnData[], userId: number): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  void (async () => {
    try {
      for (const feature of features) {
        for await (const { path, content } of feature(userId)) {
          if (output.destroyed) return;
          zip.addBuffer(content, path);
          await taken(output);
        }
      }
      zip.end();
    } catch (error) {
      output.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  })();
  return output;
}

/** Resolves when the reader has room again, or has left. */
async function taken(output: Readable): Promise<void> {
  while (!output.destroyed && output.readableLength >= output.readableHighWaterMark) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
