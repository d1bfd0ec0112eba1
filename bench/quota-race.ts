/** K1: a thousand questions at once over two instances, of somebody who has five; with every way to ask. */
import { Agent, request } from 'undici';
import { joinAs, type Client } from '#test/client.ts';
import { startScriptedProvider } from '#test/scripted-provider.ts';
import { say, start, withShared } from './instance.ts';

const LIMIT = 5;
const CALLS = 1_000;
const rounds = Number(process.argv[2] ?? 20);

const ways: [string, object][] = [
  ['/chat', { content: 'Race' }],
  ['/chat/stream', { content: 'Race' }],
  ['/v1/chat/completions', { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Race' }] }],
];

async function race(shared: Record<string, string> | undefined): Promise<void> {
  const provider = await startScriptedProvider();
  const env = {
    ...shared,
    OPENAI_BASE_URL: provider.url,
    DEFAULT_MODEL: 'gpt-4o-mini',
    DAILY_REQUEST_LIMIT: String(LIMIT),
    MAX_CONCURRENT_GENERATIONS: '0',
    JOINS_PER_NETWORK: '1000',
  };
  const instances = shared ? [await start(env), await start(env)] : [await start(env)];
  const agent = new Agent({ connections: 100, pipelining: 1 });
  await joinAs(instances[0]!.url, 'administrator');

  async function ask(member: Client, index: number): Promise<number> {
    const [path, body] = ways[index % ways.length]!;
    const { statusCode, body: answer } = await request(instances[index % instances.length]!.url + path, {
      dispatcher: agent,
      method: 'POST',
      headers: { authorization: `Bearer ${member.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await answer.dump();
    return statusCode;
  }

  const passed: number[] = [];
  const witnessed: number[] = [];
  let others = 0;
  for (let round = 0; round < rounds; round += 1) {
    const member = await joinAs(instances[0]!.url, `racer${round}`);
    const asked = provider.requests.length;
    const statuses = await Promise.all(Array.from({ length: CALLS }, (_, index) => ask(member, index)));
    passed.push(statuses.filter((status) => status < 300).length);
    others += statuses.filter((status) => status >= 300 && status !== 429).length;
    // A stream is accepted before the provider is asked.
    await provider.request(asked + LIMIT - 1);
    witnessed.push(provider.requests.length - asked);
  }
  say(
    `K1  ${rounds} × ${CALLS} on ${instances.length} instance(s), limit ${LIMIT}: passed ${Math.min(...passed)} to ${Math.max(...passed)}, asked of the provider ${Math.min(...witnessed)} to ${Math.max(...witnessed)}, neither passed nor 429: ${others}`,
  );
  await agent.close();
  for (const instance of instances) await instance.stop();
  await provider.close();
}

await withShared(race);
