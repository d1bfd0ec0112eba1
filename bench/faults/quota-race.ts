/** K1: a thousand questions at once over two instances, of somebody who has five; with every way to ask. */
import { Agent, request } from 'undici';
import { joinAs, type Client } from '#test/client.ts';
import { eventually, unitsUsed } from '#test/chat-server.ts';
import { builtServers, Rounds, withPostgresAndRedis, type Figures, type Shared } from './row.ts';

const LIMIT = 5;
const CALLS = 1_000;

const ways: [string, object][] = [
  ['/chat', { content: 'Race' }],
  ['/chat/stream', { content: 'Race' }],
  ['/v1/chat/completions', { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Race' }] }],
];

async function ask(agent: Agent, urls: string[], member: Client, index: number): Promise<number> {
  const [path, body] = ways[index % ways.length]!;
  const { statusCode, body: answer } = await request(urls[index % urls.length]! + path, {
    dispatcher: agent,
    method: 'POST',
    headers: { authorization: `Bearer ${member.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.dump();
  return statusCode;
}

const span = (values: number[]) => `${Math.min(...values)} to ${Math.max(...values)}`;

async function race({ databaseUrl, redisUrl }: Shared): Promise<Figures> {
  const rounds = new Rounds(20);
  const house = await builtServers(
    {
      REDIS_URL: redisUrl,
      DEFAULT_MODEL: 'gpt-4o-mini',
      DAILY_REQUEST_LIMIT: String(LIMIT),
      JOINS_PER_NETWORK: '1000',
    },
    { databaseUrl },
  );
  const urls = [(await house.start()).url, (await house.start()).url];
  const agent = new Agent({ connections: 100, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const [passed, witnessed, used]: [number[], number[], number[]] = [[], [], []];
  const others: Record<string, number> = {};
  for (const round of rounds) {
    const member = await joinAs(urls[0]!, `racer${round}`);
    const asked = house.provider.requests.length;
    const statuses = await Promise.all(Array.from({ length: CALLS }, (_, index) => ask(agent, urls, member, index)));
    passed.push(statuses.filter((status) => status < 300).length);
    for (const status of statuses) {
      if (status >= 300 && status !== 429) others[status] = (others[status] ?? 0) + 1;
    }
    // A stream is accepted before the provider is asked.
    await eventually(async () => house.provider.requests.length >= asked + LIMIT || undefined).catch(() => undefined);
    witnessed.push(house.provider.requests.length - asked);
    used.push(await unitsUsed(member));
  }
  await agent.close();
  const rest = Object.entries(others).map(([status, count]) => `${count} × ${status}`);
  return {
    figures:
      `${rounds} × ${CALLS} on 2 instances, limit ${LIMIT}: passed ${span(passed)}, asked of the provider ${span(witnessed)}, ` +
      `units used ${span(used)}; neither passed nor 429: ${rest.join(', ') || 'none'}`,
    passed: [...passed, ...witnessed, ...used].every((count) => count === LIMIT) && rest.length === 0,
  };
}

export const quotaRace = () => withPostgresAndRedis(race);
