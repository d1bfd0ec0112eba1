import { createHmac } from 'node:crypto';
import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type BlockList, type LookupFunction } from 'node:net';
import { isReachable } from './public-address.ts';

const LONGEST_MS = 10_000;

/** The address of a webhook as it is called, or why it is not. */
export function refusalOf(text: string, own: BlockList): string | undefined {
  if (!URL.canParse(text)) return 'takes a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'begins with https:// or http://';
  if (url.username !== '' || url.password !== '') return 'takes no name and password';
  // The URL parser has made one form of every way to write an address: 127.1, 0x7f.1, [::ffff:7f00:1].
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isOwn =
    isIP(host) !== 0 ? !isReachable(host, own) : /(^|\.)localhost\.?$/.test(host) && !isReachable('127.0.0.1', own);
  return isOwn ? 'takes an address of the public internet' : undefined;
}

/** Resolves a name for the very connection that is opened, so that it can't lead elsewhere a moment later. */
function lookupReachable(own: BlockList): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return done(error, []);
      const reachable = addresses.filter(({ address }) => isReachable(address, own));
      const [first] = reachable;
      if (!first) return done(new Error('The webhook does not lead to the public internet'), []);
      if (options.all) done(null, reachable);
      else done(null, first.address, first.family);
    });
  };
}

export interface WebhookSender {
  /** Posts an event, signed as https://www.standardwebhooks.com says. Throws where it was not taken with 2xx. */
  send(
    webhook: { url: string; secret: string },
    event: { id: string; at: number; body: object },
    signal?: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

export function signatureOf(secret: string, id: string, seconds: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`;
}

/** Calls other people's addresses: public ones only, or those of `own`; redirects are not followed. */
export async function createWebhookSender(own: BlockList): Promise<WebhookSender> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({
    connect: { lookup: lookupReachable(own), timeout: LONGEST_MS },
    headersTimeout: LONGEST_MS,
    bodyTimeout: LONGEST_MS,
    keepAliveTimeout: 1,
  });
  return {
    send: async ({ url, secret }, { id, at, body }, signal) => {
      const refusal = refusalOf(url, own);
      if (refusal) throw new Error(`The webhook ${refusal}`);
      const text = JSON.stringify(body);
      const seconds = Math.floor(at / 1_000);
      const answer = await request(url, {
        dispatcher,
        signal,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Daesa',
          'webhook-id': id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': signatureOf(secret, id, seconds, text),
        },
        body: text,
      });
      await answer.body.dump({ limit: 64 * 1024 });
      if (answer.statusCode < 200 || answer.statusCode > 299)
        throw new Error(`The webhook answered ${answer.statusCode}`);
    },
    close: () => dispatcher.close(),
  };
}
