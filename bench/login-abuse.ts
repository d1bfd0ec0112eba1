import { joinAs, send } from '#test/client.ts';
import { say, start, type Running } from './instance.ts';
import { median } from './process.ts';

const password = 'correct horse 7';

/** Wrong passwords for one account, in hundreds at once, over all servers in turn: how many are looked at. */
async function admitted(urls: string[], email: string, tries: number, from: (index: number) => Record<string, string>) {
  let count = 0;
  for (let done = 0; done < tries; done += 100) {
    const answers = await Promise.all(
      Array.from({ length: Math.min(100, tries - done) }, (_, index) =>
        send(`${urls[index % urls.length]}/accounts/login`, 'POST', { email, password: 'wrong' }, from(done + index)),
      ),
    );
    count += answers.filter(({ status }) => status !== 429).length;
  }
  return count;
}

/** An address somewhere in one IPv6 /64, which is what one home has. */
function homeAddress(): string {
  const part = () => Math.floor(Math.random() * 65_536).toString(16);
  return `2001:db8:7:9:${part()}:${part()}:${part()}:${part()}`;
}

const roomy = { LOGIN_FAILURES_PER_NETWORK: '1000000', JOINS_PER_NETWORK: '1000000' };

/** K17: tries of one account from one place that tries to look like many, or asks several instances. */
export async function loginAbuse(tries: number, shared: Record<string, string> | undefined): Promise<void> {
  const forged = await start(roomy);
  const victim = await joinAs(forged.url, 'victim');
  const places = (index: number) => `203.0.113.${index % 250}`;
  const count = await admitted([forged.url], victim.email, tries, (index) => ({
    'x-forwarded-for': places(index),
    'x-real-ip': places(index),
    forwarded: `for=${places(index)}`,
  }));
  say(`K17  ${tries} tries with forged proxy headers: ${count} admitted (limit 10)`);
  await forged.stop();

  const proxied = await start({ ...roomy, TRUST_PROXY: '127.0.0.1' });
  await abuseFromOneHome([proxied], tries);
  await proxied.stop();
  if (!shared) return say('K17  two instances need PostgreSQL and Redis on this machine: not run');
  const env = { ...roomy, TRUST_PROXY: '127.0.0.1', ...shared };
  const servers = [await start(env), await start(env)];
  await abuseFromOneHome(servers, tries);
  for (const server of servers) await server.stop();
}

async function abuseFromOneHome(servers: Running[], tries: number): Promise<void> {
  const urls = servers.map(({ url }) => url);
  const { email } = await joinAs(urls[0]!, 'victim');
  const count = await admitted(urls, email, tries, () => ({ 'x-forwarded-for': homeAddress() }));
  const elsewhere = { 'x-forwarded-for': '2001:db8:7:a::1' };
  const owner = await send(`${urls.at(-1)}/accounts/login`, 'POST', { email, password }, elsewhere);
  say(
    `K17  ${tries} tries from one IPv6 /64 on ${urls.length} instance(s): ${count} admitted (limit 10); the owner elsewhere: ${owner.status}`,
  );
}

/** K17: what the time of a wrong password tells about whether there is such an account. */
export async function loginTimes(): Promise<void> {
  const timed = await start({ LOGIN_FAILURES_PER_ACCOUNT: '1000000' });
  const { email } = await joinAs(timed.url, 'known');
  const times: { known: number[]; unknown: number[] } = { known: [], unknown: [] };
  for (let round = 0; round < 200; round += 1) {
    for (const [kind, address] of [
      ['known', email],
      ['unknown', `nobody-${round}@example.com`],
    ] as const) {
      const began = performance.now();
      await send(`${timed.url}/accounts/login`, 'POST', { email: address, password: 'wrong' });
      times[kind].push(performance.now() - began);
    }
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const gap = (Math.abs(known - unknown) / Math.max(known, unknown)) * 100;
  say(
    `K17  200 × 200 timings: known ${known.toFixed(2)} ms, unknown ${unknown.toFixed(2)} ms, median gap ${gap.toFixed(2)} %`,
  );
  await timed.stop();
}
