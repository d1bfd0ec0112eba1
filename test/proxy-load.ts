/** People who read, ask and follow answers through a proxy, without a pause. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import type { Behaviour } from './scripted-provider.ts';
import type { Proxy } from './proxies.ts';

/** What the provider has to say to those who follow. */
export const loadAnswer: Behaviour = { text: ['one ', 'two ', 'three'], paceMs: 20 };

export interface ProxyLoad {
  counts: { read: number; asked: number; followed: number };
  /** What was answered otherwise than it should have been. */
  failed: string[];
  /** Lets everybody end what they have begun. */
  stop(): Promise<void>;
}

export function startLoad(proxy: Proxy, token: string, followers = 3): ProxyLoad {
  // Over HTTP/2 the client does not ask again where a proxy ends a connection after so many requests.
  const agent = new Agent({ allowH2: false, connect: { ca: readFileSync(proxy.certificate) } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const load = new AbortController();
  const failed: string[] = [];
  const counts = { read: 0, asked: 0, followed: 0 };

  async function ask(name: string, status: number, path: string, body?: unknown): Promise<string> {
    try {
      const answer = await fetch(proxy.url + path, {
        method: body ? 'POST' : 'GET',
        dispatcher: agent,
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      const text = await answer.text();
      if (answer.status !== status) failed.push(`${name} ${answer.status} ${text.slice(0, 200)}`);
      return text;
    } catch (error) {
      const { message, cause } = error as Error;
      failed.push(`${name} ${message}: ${String(cause)}`);
      return '{}';
    }
  }

  async function read(): Promise<void> {
    await ask('read', 200, '/accounts/profile');
    counts.read += 1;
    await sleep(5);
  }

  async function askOne(): Promise<void> {
    await ask('asked', 201, '/chat', { content: `question ${(counts.asked += 1)}` });
  }

  async function follow(): Promise<void> {
    const { stream_id: id } = JSON.parse(await ask('started', 202, '/chat/stream', { content: 'follow' }));
    if (id === undefined) return;
    const text = await ask('followed', 200, `/chat/stream/${id}`);
    if (!text.includes('"type":"END"') || !text.includes('one two three')) failed.push(`stream ${text.slice(-300)}`);
    counts.followed += 1;
  }

  const repeat = (people: number, act: () => Promise<void>) =>
    Array.from({ length: people }, async () => {
      while (!load.signal.aborted) await act();
    });
  const everybody = Promise.all([...repeat(3, read), ...repeat(3, askOne), ...repeat(followers, follow)]);
  // Whoever stops it hears of it.
  everybody.catch(() => undefined);
  return {
    counts,
    failed,
    stop: async () => {
      load.abort();
      await everybody;
      await agent.close();
    },
  };
}
