import { brokenAnswer } from '../upstream/provider-failure.ts';
import type { ProviderRequest } from '../upstream/transport.ts';
import type { AnswerReader } from './answer-reader.ts';
import { ProviderCall, type Refusal } from './provider-call.ts';
import type { Target } from './targets.ts';

const LARGEST_BODY = 16 * 1024 * 1024;

/** Asks a provider for a whole JSON answer that the gateway itself reads. Gives its refusal, where it refuses. */
export async function collectAnswer(
  target: Target,
  wanted: ProviderRequest,
  reader: Pick<AnswerReader, 'readBody'>,
  signal: AbortSignal,
): Promise<Refusal | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const { limits } = target.transport;
  const refusal = await new Promise<Refusal | undefined>((resolve, reject) => {
    const sink = {
      over: false,
      onAccepted: () => undefined,
      onData: (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > LARGEST_BODY) throw brokenAnswer('The answer of the model provider is too large.');
        parts.push(chunk);
        return true;
      },
    };
    const whole = { ...limits, firstByteMs: limits.wholeMs };
    target.transport.send(wanted, new ProviderCall({ limits: whole, signal, sink, resolve, reject }));
  });
  if (!refusal) reader.readBody(Buffer.concat(parts).toString('utf8'));
  return refusal;
}
