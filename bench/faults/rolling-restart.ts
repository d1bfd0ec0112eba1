/** K10: two instances behind nginx are restarted one after the other, under load. */
import { freePort } from '#test/postgres.ts';
import { hasNginx } from '#test/programs.ts';
import { startNginx } from '#test/proxies.ts';
import { loadAnswer, startLoad } from '#test/proxy-load.ts';
import { builtServers, Rounds, seconds, sleep, withPostgresAndRedis, type Figures, type Shared } from './row.ts';

const STREAMS = 50;

async function restartBoth({ databaseUrl, redisUrl }: Shared): Promise<Figures> {
  const rounds = new Rounds(3);
  const env = {
    PUBLIC_URL: 'https://localhost',
    TRUST_PROXY: '127.0.0.1',
    REDIS_URL: redisUrl,
    DEFAULT_MODEL: 'gpt-4o-mini',
    DAILY_REQUEST_LIMIT: '-1',
  };
  const house = await builtServers(env, { databaseUrl });
  house.provider.setDefault(loadAnswer);
  const ports = [await freePort(), await freePort()];
  const launch = (port: number) => house.start({ PORT: String(port) });
  const instances = [await launch(ports[0]!), await launch(ports[1]!)];
  const proxy = await startNginx(ports.map((port) => `http://127.0.0.1:${port}`) as [string, string]);
  const load = startLoad(proxy, instances[0]!.member.token, STREAMS);
  const exits: number[] = [];
  const codes = new Set<number | string>();
  for (const _ of rounds) {
    for (const [index, port] of ports.entries()) {
      await sleep(1_000);
      const began = performance.now();
      codes.add(await instances[index]!.server.stop('SIGTERM'));
      exits.push(performance.now() - began);
      instances[index] = await launch(port);
    }
  }
  await sleep(1_000);
  await load.stop();
  await proxy.stop();
  const { read, asked, followed } = load.counts;
  return {
    figures:
      `${exits.length} restarts under ${STREAMS} streams: ${load.failed.length} failed of ${read} reads, ${asked} questions and ` +
      `${followed} streams; exit ${[...codes].join(', ')} after at most ${seconds(Math.max(...exits))} s` +
      load.failed
        .slice(0, 5)
        .map((one) => `; ${one}`)
        .join(''),
    passed: load.failed.length === 0 && codes.size === 1 && codes.has(0) && Math.max(...exits) < 30_000,
  };
}

export async function rollingRestart(): Promise<Figures> {
  if (!hasNginx) return { figures: 'not run: it needs nginx on this machine', passed: false };
  return withPostgresAndRedis(restartBoth);
}
