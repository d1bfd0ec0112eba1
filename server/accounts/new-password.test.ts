import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { joinAs, send } from '#test/client.ts';
import { startServer, type TestServer } from '#test/server.ts';

let server: TestServer;
let number = 0;

beforeAll(async () => {
  server = await startServer({ env: { PUBLIC_URL: 'https://chat.blue-whale.example' } });
});
afterAll(() => server.close());

function joinWith(password: string, url = server.url) {
  number += 1;
  const body = { email: `mina.kim-${number}@example.com`, nickname: '미나리', password };
  return send(`${url}/accounts/join`, 'POST', body);
}
const refusal = {
  status: 422,
  body: { code: 'weak_password', errors: [{ path: 'password', message: expect.any(String) }] },
};

describe('a new password', () => {
  test.each(['password', '12345678', 'PASSWORD', 'iloveyou', 'qwertyuiop', '1qaz2wsx', 'ｐａｓｓｗｏｒｄ'])(
    'can’t be one of the most used ones: %s',
    async (password) => expect(await joinWith(password)).toMatchObject(refusal),
  );

  test.each([
    'Daesa2026!',
    'daesadaesa',
    '스토브리그2019',
    'chat-2026!',
    'Blue-Whale-1',
    '미나리미나리!!',
    'Mina.Kim.2026',
  ])('can’t be the name of the server or the account with digits around it: %s', async (password) =>
    expect(await joinWith(password)).toMatchObject(refusal),
  );

  test.each(['daesa swims at night', '미나리 무침 한 접시', 'correct horse 7', '83920174655', '!!!???!!!'])(
    'may hold such a word: %s',
    async (password) => expect((await joinWith(password)).status).toBe(201),
  );

  test('is looked at when it is changed, too', async () => {
    const person = await joinAs(server.url, 'changing');
    const change = (password: string) =>
      person.put('/accounts/profile', { password, current_password: 'correct horse 7' });
    for (const password of ['password1', 'changing99']) expect(await change(password)).toMatchObject(refusal);
    expect((await change('another horse 8')).status).toBe(200);
  });

  test('is its owner’s choice on a server that only one machine reaches, unless the setting says otherwise', async () => {
    const alone = await startServer();
    expect((await joinWith('12345678', alone.url)).status).toBe(201);
    await alone.close();
    const strict = await startServer({ env: { COMMON_PASSWORDS: 'refuse' } });
    expect(await joinWith('12345678', strict.url)).toMatchObject(refusal);
    await strict.close();
  });
});
