import { Agent, buildConnector, WebSocket, type MessageEvent } from 'undici';
import { ProviderFailure, timeoutFailure } from '../upstream/provider-failure.ts';
import type { Target } from './targets.ts';

/** How long a provider may take to answer that a session is closed. */
const CLOSE_MS = 2_000;
const OPEN = 1;

interface Listener {
  onMessage: (data: unknown) => void;
  onEnd: () => void;
}

/** The provider's side of a realtime session, open. What it says before anybody listens is kept. */
export class ProviderSocket {
  readonly target: Target;
  readonly #socket: WebSocket;
  readonly #destroy: () => void;
  readonly #early: unknown[] = [];
  #listener: Listener | undefined;
  #ended = false;

  constructor(target: Target, socket: WebSocket, destroy: () => void) {
    this.target = target;
    this.#socket = socket;
    this.#destroy = destroy;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('message', ({ data }: MessageEvent) => {
      if (this.#listener) this.#listener.onMessage(data);
      else this.#early.push(data);
    });
    socket.addEventListener('error', () => this.#end());
    socket.addEventListener('close', () => this.#end());
  }

  listen(listener: Listener): void {
    this.#listener = listener;
    for (const data of this.#early.splice(0)) listener.onMessage(data);
    if (this.#ended) listener.onEnd();
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  /** Closes; a provider that never answers that is cut off. */
  hangUp(): void {
    if (this.#socket.readyState > OPEN) return;
    this.#socket.close();
    const timer = setTimeout(this.#destroy, CLOSE_MS);
    this.#socket.addEventListener('close', () => clearTimeout(timer));
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#destroy();
    this.#listener?.onEnd();
  }
}

/** Opens a session below a provider's address. Throws `ProviderFailure`, or `signal.reason`. */
export function openProviderSocket(target: Target, path: string, signal: AbortSignal): Promise<ProviderSocket> {
  const { socketAddress, limits } = target.transport;
  const { url, headers } = socketAddress(path);
  // A WebSocket has no way to end without the other side: its connection is kept at hand for that.
  let connection: { destroy(): void } | undefined;
  const connect = buildConnector({ timeout: limits.connectMs });
  const dispatcher = new Agent({
    connect: (options, callback) =>
      connect(options, (...result) => {
        connection = result[1] ?? undefined;
        callback(...result);
      }),
  });
  const destroy = () => {
    connection?.destroy();
    void dispatcher.destroy();
  };
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      clearTimeout(timer);
      destroy();
      reject(reason);
    };
    const timer = setTimeout(() => fail(timeoutFailure('first byte')), limits.connectMs + limits.firstByteMs);
    const abort = () => fail(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const socket = new WebSocket(url, { protocols: ['realtime'], headers, dispatcher });
    const provider = new ProviderSocket(target, socket, destroy);
    socket.addEventListener('open', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(provider);
    });
    const refused = new ProviderFailure('provider_error', 'The model provider opened no session.', { retryable: true });
    socket.addEventListener('error', () => fail(refused));
    socket.addEventListener('close', () => fail(refused));
  });
}
