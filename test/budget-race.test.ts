import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Client } from './client.ts';
import { gatewayProcesses, type GatewayProcesses } from './gateway-processes.ts';

/** `RACE_ROUNDS=100` is the long run. */
const ROUNDS = Number(process.env.RACE_ROUNDS ?? 3);
const CALLS = 200;

const agent = new Agent({ connections: CALLS, pipelining: 1 });
let house: GatewayProcesses;
let urls: string[];
let member: Client;

beforeAll(async () => {
  house = await gatewayProcesses();
  house.provider.setModels(['gpt-4']);
  const first = await house.start();
  member = first.member;
  // Only PostgreSQL serves two processes at once.
  const second = inject('database') === 'postgres' ? await house.start() : first;
  urls = [first.url, second.url];
});
afterAll(async () => {
  await agent.close();
  await house.close();
});

/** At $60 a million, 1,660 tokens of gpt-4 cost $0.0996, and the question about $0.0003. */
const tenCents = JSON.stringify({
  model: 'gpt-4',
  max_tokens: 1_660,
  messages: [{ role: 'user', content: 'Ten cents' }],
});
const COST_USD = (9 * 30 + 1_660 * 60) / 1e6;

async function ask(url: string, key: string): Promise<string> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const path = `${url}/v1/chat/completions`;
  const { statusCode, body } = await request(path, { dispatcher: agent, method: 'POST', headers, body: tenCents });
  const { error } = (await body.json()) as { error?: { code: string } };
  return error?.code ?? String(statusCode);
}

test(
  `two hundred parallel calls of ten cents never overspend a dollar, and nine are served, ${ROUNDS} times`,
  { timeout: 20_000 + ROUNDS * 10_000 },
  async () => {
    const served: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      house.provider.reset();
      house.provider.setDefault({ usage: { prompt: 9, completion: 1_660 }, delayMs: 20 });
      const { id, key } = (await member.post('/keys', { name: 'race', monthly_budget_usd: 1 })).body;
      const answers = await Promise.all(Array.from({ length: CALLS }, (_, index) => ask(urls[index % 2]!, key)));
      const accepted = answers.filter((answer) => answer === '200').length;
      expect(answers.filter((answer) => answer === 'budget_exhausted')).toHaveLength(CALLS - accepted);
      expect(house.provider.counts['/v1/chat/completions']).toBe(accepted);
      expect(accepted).toBeGreaterThanOrEqual(9);
      const { spent_usd: spent } = (await member.get(`/keys/${id}`)).body;
      expect(spent).toBeCloseTo(accepted * COST_USD, 9);
      expect(spent).toBeLessThanOrEqual(1);
      served.push(accepted);
    }
    if (ROUNDS > 3) process.stdout.write(`served a round: ${Math.min(...served)} to ${Math.max(...served)}\n`);
  },
);
