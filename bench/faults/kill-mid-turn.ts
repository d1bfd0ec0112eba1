/** K8: kill -9 while answers are written. */
import { eventually } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';
import { answerKilled, askThree, judgeKilled, type KilledFault } from '#test/killed-turns.ts';
import { median, percentile } from '../process.ts';
import { builtServers, Rounds, seconds, sleep, type Figures } from './row.ts';

const SETTLED_WITHIN_MS = 30_000;

/** Resolves once none of the killed turns runs any more; undefined where that takes too long. */
async function settled(member: Client, round: number): Promise<true | undefined> {
  const noneRuns = async () => {
    const { results } = (await member.get(`/chat?q=${encodeURIComponent(`round ${round}:`)}`)).body;
    return results.every(({ status }: { status: string }) => status !== 'running') || undefined;
  };
  return eventually(noneRuns, SETTLED_WITHIN_MS).catch(() => undefined);
}

export async function killMidTurn(): Promise<Figures> {
  const rounds = new Rounds(100);
  const house = await builtServers();
  house.provider.setDefault(answerKilled);
  let { server, url, member } = await house.start();
  const faults: Record<KilledFault, number> = { lost: 0, stuck: 0, text: 0, key: 0 };
  const ends: Record<string, number> = {};
  const recoveries: number[] = [];
  const lostText: number[] = [];
  for (const round of rounds) {
    const turns = await askThree(member, url, round);
    await sleep(Math.random() * 3_000);
    const killedAt = performance.now();
    await server.stop('SIGKILL');
    ({ server, url, member } = await house.start());
    await settled(member, round);
    recoveries.push(performance.now() - killedAt);
    for (const judged of await Promise.all(turns.map((turn) => judgeKilled(member, turn, killedAt)))) {
      for (const fault of judged.faults) faults[fault] += 1;
      lostText.push(judged.lostTextMs);
      ends[judged.status] = (ends[judged.status] ?? 0) + 1;
    }
  }
  const became = Object.entries(ends).map(([status, count]) => `${count} ${status}`);
  return {
    figures:
      `${rounds} kills, ${rounds.done * 3} turns: ${faults.lost} lost messages, ${faults.stuck} stuck, ` +
      `${faults.text} with wrong text, ${faults.key} with a wrong key (${became.join(', ')}); ` +
      `text gone: of the last ${seconds(percentile(lostText, 0.95))} s (p95), ${seconds(Math.max(...lostText))} s (most); ` +
      `recovered, start included, in ${seconds(median(recoveries))} s (median), ${seconds(Math.max(...recoveries))} s (most)`,
    passed: Object.values(faults).every((count) => count === 0),
  };
}
