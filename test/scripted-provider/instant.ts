import type { IncomingMessage, ServerResponse } from 'node:http';
import { completionEvents, completionJson } from './events.ts';
import type { Asked } from './events.ts';

/** Answers with bytes that were made beforehand, so that a benchmark measures the caller. */
export function instantAnswers(models: string[]): (incoming: IncomingMessage, response: ServerResponse) => void {
  const asked: Asked = { model: models[0] ?? 'scripted', question: '', stream: true, includeUsage: true };
  const behaviour = { text: 'This answer was ready before you asked, 안녕하세요.' };
  const stream = Buffer.from(completionEvents(behaviour, asked).join(''));
  const whole = Buffer.from(JSON.stringify(completionJson(behaviour, asked)));
  const list = Buffer.from(
    JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model', owned_by: 'scripted' })) }),
  );
  const json = (bytes: Buffer) => ({ 'content-type': 'application/json', 'content-length': bytes.length });
  const headersOfList = json(list);
  const headersOfWhole = json(whole);
  const headersOfStream = { 'content-type': 'text/event-stream' };
  return (incoming, response) => {
    if (incoming.method === 'GET') {
      response.writeHead(200, headersOfList);
      response.end(list);
      return;
    }
    let streamed = false;
    incoming.on('data', (part: Buffer) => {
      streamed ||= part.includes('"stream":true') || part.includes('"stream": true');
    });
    incoming.once('end', () => {
      response.writeHead(200, streamed ? headersOfStream : headersOfWhole);
      response.end(streamed ? stream : whole);
    });
  };
}
