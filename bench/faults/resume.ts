/** K6: readers that are cut off at any place and go on with Last-Event-ID. */
import { createHash } from 'node:crypto';
import { clientOf, type Client } from '#test/client.ts';
import { openStream, textOf, type SentEvent } from '#test/read-stream.ts';
import { builtServers, Rounds, sleep, withPostgresAndRedis, type Figures } from './row.ts';

const READERS = 3;
const AT_ONCE = 4;
const words = Array.from({ length: 120 }, (_, index) => `${index} 한글🙂👩‍👩‍👧 `);
const whole = words.join('');
const PACE_MS = 5;
/** What no stream has ever sent, or not yet. */
const strangePlaces = ['-1', '99999999', 'garbage', '1e3', '0x10', '9'.repeat(400)];

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

interface Counts {
  cuts: number;
  mismatches: number;
  failures: number;
}

/** Reads a stream with a cut at a random moment, at another address after each; gives all that it was sent. */
async function readWithCuts(clients: Client[], urls: string[], path: string, counts: Counts): Promise<SentEvent[]> {
  const heard: SentEvent[] = [];
  const cuts = 1 + Math.floor(Math.random() * 3);
  for (let part = 0; ; part += 1) {
    const at = part % urls.length;
    const last = heard.at(-1)?.id;
    const reader = await openStream(clients[at]!, urls[at]!, path, last);
    if (reader.status !== 200 && reader.status !== 204) throw new Error(`a reader was answered ${reader.status}`);
    const all = reader.all();
    if (part < cuts) {
      await Promise.race([all, sleep(Math.random() * words.length * PACE_MS * 0.6)]);
      reader.leave();
    }
    heard.push(...(await all));
    if (heard.at(-1)?.data.type === 'END') return heard;
    counts.cuts += 1;
  }
}

async function readOne(clients: Client[], urls: string[], round: number, counts: Counts): Promise<void> {
  const { status, body } = await clients[0]!.post('/chat/stream', { content: `cut ${round}` });
  if (status !== 202) throw new Error(`a turn was answered ${status}`);
  const path = `/chat/stream/${body.stream_id}`;
  // Each reader begins at another instance.
  const turned = <Item>(list: Item[], by: number) => list.map((_, index) => list[(index + by) % list.length]!);
  const texts = await Promise.all(
    Array.from({ length: READERS }, async (_, reader) =>
      textOf(await readWithCuts(turned(clients, reader), turned(urls, reader), path, counts)),
    ),
  );
  counts.mismatches += texts.filter((text) => hash(text) !== hash(whole)).length;
  const strange = strangePlaces[round % strangePlaces.length]!;
  const reader = await openStream(clients[0]!, urls[0]!, path, strange);
  if (reader.status >= 500) counts.failures += 1;
  await reader.all();
}

async function readAll(env: Record<string, string>, databaseUrl?: string): Promise<Figures> {
  const rounds = new Rounds(100);
  const house = await builtServers({ DEFAULT_MODEL: 'gpt-4o-mini', ...env }, databaseUrl ? { databaseUrl } : {});
  house.provider.setDefault({ text: words, paceMs: PACE_MS });
  const servers = [await house.start(), ...(databaseUrl ? [await house.start()] : [])];
  const urls = servers.map(({ url }) => url);
  const clients = urls.map((url) => clientOf(url, servers[0]!.member.token));
  const counts: Counts = { cuts: 0, mismatches: 0, failures: 0 };
  const left = rounds[Symbol.iterator]();
  const askers = Array.from({ length: AT_ONCE }, async () => {
    for (const round of left) await readOne(clients, urls, round, counts);
  });
  await Promise.all(askers);
  return {
    figures: `${rounds} answers × ${READERS} readers, ${counts.cuts} cuts, on ${urls.length} instance(s): ${counts.mismatches} mismatches, ${counts.failures} × 5xx for strange Last-Event-IDs`,
    passed: counts.mismatches + counts.failures === 0,
  };
}

export const resumeOnOne = () => readAll({});

/** Each time at the other of two instances, which has not written the answer. */
export const resumeOnTwo = () =>
  withPostgresAndRedis(({ databaseUrl, redisUrl }) => readAll({ REDIS_URL: redisUrl }, databaseUrl));
