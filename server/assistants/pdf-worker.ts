import { parentPort, workerData } from 'node:worker_threads';
import { extractText, getDocumentProxy } from 'unpdf';

/** Reads the text of one PDF, page by page, and ends: what a hostile file costs, it costs this thread. */
const document = await getDocumentProxy(workerData as Uint8Array);
const { text } = await extractText(document, { mergePages: false });
parentPort?.postMessage(text.join('\n\n'));
