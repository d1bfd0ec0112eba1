/** K9: kill -9 while many write into the embedded database, and a second process on its folder. */
import type { Client } from '#test/client.ts';
import { startProcess } from '#test/server-process.ts';
import { median, processorTime } from '../process.ts';
import { builtServers, isDatabaseWhole, program, Rounds, seconds, type Figures } from './row.ts';

const WRITERS = 8;
/** A server is killed after a random number of writes, at most so many. */
const MOST_WRITTEN = 60;
/** Processor time of a start that is too much; what the clock says depends on who else uses the machine. */
const OPENS_WITHIN_MS = 10_000;
/** A second process is started in every so many rounds. */
const DOUBLE_OPEN_EVERY = 10;

interface Acknowledged {
  path: string;
  content: string;
}

/** Writes until the server is gone. */
async function write(member: Client, name: string, onAcknowledged: (one: Acknowledged) => void): Promise<void> {
  for (let number = 0; ; number += 1) {
    const path = number % 2 === 0 ? '/chat' : '/quote';
    const content = `${name} ${number}`;
    const answer = await member.post(path, { content }).catch(() => undefined);
    if (!answer) return;
    if (answer.status !== 201) throw new Error(`${path} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    onAcknowledged({ path: `${path}/${answer.body.id}`, content });
  }
}

async function countLost(member: Client, written: Acknowledged[]): Promise<number> {
  let lost = 0;
  const left = written.values();
  const readers = Array.from({ length: WRITERS }, async () => {
    for (const { path, content } of left) {
      const { status, body } = await member.get(path);
      if (status !== 200 || body.content !== content) lost += 1;
    }
  });
  await Promise.all(readers);
  return lost;
}

export async function writeStorm(): Promise<Figures> {
  const rounds = new Rounds(200);
  const house = await builtServers();
  const { place } = house;
  const acknowledged: Acknowledged[] = [];
  const opened: number[] = [];
  const count = { lost: 0, failedOpens: 0, broken: 0, doubles: 0, admitted: 0 };
  let { server, member } = await house.start();
  for (const round of rounds) {
    const written: Acknowledged[] = [];
    const enough = Math.ceil(Math.random() * MOST_WRITTEN);
    const reached = Promise.withResolvers<void>();
    const onAcknowledged = (one: Acknowledged) => {
      if (written.push(one) === enough) reached.resolve();
    };
    const writers = Array.from({ length: WRITERS }, (_, writer) =>
      write(member, `storm ${round} ${writer}`, onAcknowledged),
    );
    if (round % DOUBLE_OPEN_EVERY === 0) {
      const second = await startProcess({}, place, { program });
      const code = await second.ended;
      count.doubles += 1;
      const said = second.stderr();
      if (code === 0 || !said.includes(place.dataDir) || !said.includes(`process ${server.child.pid}`)) {
        count.admitted += 1;
      }
    }
    await reached.promise;
    await server.stop('SIGKILL');
    await Promise.all(writers);
    const began = performance.now();
    ({ server, member } = await house.start());
    opened.push(performance.now() - began);
    if (processorTime(server.child.pid!) / 1_000 > OPENS_WITHIN_MS) count.failedOpens += 1;
    if (!isDatabaseWhole(place.dataDir)) count.broken += 1;
    count.lost += await countLost(member, written);
    acknowledged.push(...written);
  }
  // Once more at the end: what survives one crash has to survive the next ones.
  count.lost += await countLost(member, acknowledged);
  return {
    figures:
      `${rounds} kills, ${acknowledged.length} acknowledged writes: ${count.lost} lost, ${count.failedOpens} failed opens, ` +
      `${count.broken} integrity checks failed; open in ${seconds(median(opened))} s (median), ` +
      `${seconds(Math.max(...opened))} s (most); ${count.doubles} second processes, ${count.admitted} not refused`,
    passed: count.lost + count.failedOpens + count.broken + count.admitted === 0,
  };
}
