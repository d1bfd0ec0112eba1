import { clientOf, joinAs, send, type Client } from '#test/client.ts';
import { start } from './instance.ts';

const password = 'correct horse 7';

/** K18: from the event to the end of a running stream, and to the refusal of the token on every instance. */
export async function revocation(
  shared: Record<string, string> | undefined,
): Promise<{ figures: string; passed: boolean }> {
  const one = await start(shared);
  const other = shared ? await start(shared) : one;
  const chief = await joinAs(one.url, 'chief');
  const there = (client: Client) => clientOf(other.url, client.token);
  const logInThere = async (client: Client) =>
    clientOf(
      other.url,
      (await send(`${other.url}/accounts/login`, 'POST', { email: client.email, password })).body.token,
    );
  const idOf = async (client: Client): Promise<number> => (await client.get('/accounts/profile')).body.id;
  const manage = (change: object) => async (client: Client, id: number) =>
    there(chief).put(`/admin/users/${id}`, change);
  const events: Record<string, (client: Client, id: number) => Promise<{ status: number }>> = {
    'log out': (client) => there(client).post('/accounts/logout'),
    'end all logins': (client) => there(client).delete('/accounts/logins?which=all', { current_password: password }),
    'end the others': async (client) =>
      (await logInThere(client)).delete('/accounts/logins?which=others', { current_password: password }),
    'new password': async (client) =>
      (await logInThere(client)).put('/accounts/profile', { password: 'another horse 8', current_password: password }),
    'delete account': (client) => there(client).delete('/accounts/profile', { current_password: password }),
    block: manage({ blocked: true }),
    role: manage({ role: 'administrator' }),
    'delete by administrator': (_client, id) => there(chief).delete(`/admin/users/${id}`),
  };
  let slowest = 0;
  let alive = 0;
  for (const act of Object.values(events)) {
    const member = await joinAs(one.url, 'member');
    const id = await idOf(member);
    const { body } = await member.post('/chat/stream', { content: 'A long story about a quiet library, please.' });
    const headers = { authorization: `Bearer ${member.token}` };
    const reader = (await fetch(`${one.url}/chat/stream/${body.stream_id}`, { headers })).body!.getReader();
    await reader.read();
    const began = performance.now();
    const ended = (async () => {
      while (!(await reader.read().catch(() => ({ done: true }))).done);
      return performance.now() - began;
    })();
    await act(member, id);
    for (const { url } of [one, other])
      if ((await clientOf(url, member.token).get('/accounts/profile')).status !== 401) alive += 1;
    slowest = Math.max(slowest, await ended);
  }
  const instances = other === one ? 1 : 2;
  if (other !== one) await other.stop();
  await one.stop();
  return {
    figures: `${Object.keys(events).length} events × ${instances} instance(s): p100 ${(slowest / 1_000).toFixed(2)} s to the end of a stream, ${alive} tokens alive`,
    passed: slowest <= 2_000 && alive === 0,
  };
}
