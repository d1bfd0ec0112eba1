/**
 * Counts what gets past the guards of accounts: login abuse, revocation, foreign origins, fields that are not the
 * caller's to set, and addresses to go to after login; with two instances where PostgreSQL and Redis are installed.
 */
import { safeNext } from '#contracts/pages.ts';
import { joinAs, send } from '#test/client.ts';
import { say, start, withShared } from './instance.ts';
import { loginAbuse, loginTimes } from './login-abuse.ts';
import { massAssignment } from './mass-assignment.ts';
import { revocation } from './revocation.ts';

/** K19: changes asked for with a cookie by what is no page of ours, and CORS for look-alikes. */
async function foreignOrigins(): Promise<void> {
  const allowed = 'https://app.example.com';
  const server = await start({ CORS_ORIGINS: allowed });
  const member = await joinAs(server.url, 'member');
  const cookie = `daesa=${member.token}`;
  const origins = [
    'null',
    'https://evil.example',
    'http://app.example.com',
    'https://app.example.com.evil.example',
    'https://evilapp.example.com',
    'https://app.example.com:8443',
    `${allowed}/`,
    '',
    'file://',
    'https://app.example.co',
  ];
  let cases = 0;
  let bypasses = 0;
  const check = (bypassed: boolean) => {
    cases += 1;
    if (bypassed) bypasses += 1;
  };
  for (const origin of origins) {
    for (const [method, path, type, body] of [
      ['PUT', '/accounts/profile', 'application/json', '{"nickname":"changed"}'],
      ['POST', '/quote', 'text/plain', '{"content":"changed"}'],
      ['POST', '/accounts/logout', 'application/x-www-form-urlencoded', 'a=b'],
    ] as const) {
      const headers = { cookie, 'content-type': type, ...(origin ? { origin } : {}) };
      const { status } = await send(server.url + path, method, body, headers);
      check(status < 400);
    }
    const { headers } = await send(`${server.url}/accounts/profile`, 'GET', undefined, {
      cookie,
      ...(origin ? { origin } : {}),
    });
    check(
      headers.get('access-control-allow-origin') !== null && headers.get('access-control-allow-origin') !== allowed,
    );
  }
  check(
    (await send(`${server.url}/accounts/logout`, 'GET', undefined, { cookie, 'sec-fetch-site': 'cross-site' })).status <
      400,
  );
  const { nickname } = (await member.get('/accounts/profile')).body;
  check(nickname !== 'member');
  say(`K19  ${cases} cases: ${bypasses} bypasses`);
  await server.stop();
}

/** K22: what `?next=` may not lead to; the OAuth half is counted by server/accounts/oauth.test.ts. */
function nextPages(): void {
  const forms = [
    '//e',
    '/\\e',
    '\\\\e',
    '/\t/e',
    '/%09/e',
    'https:e',
    'https://e',
    'javascript:alert(1)',
    '/..//e',
    '/.//e',
    '/%2f/e',
    '/%2Fe.example',
    '/%5ce',
    '/%255ce',
    '/%252f%252fe',
    '/\n/e',
    '/%0a/e',
    '/%00',
    'e',
    '',
    ' /e',
    '\u0000/e',
    '/\u007fe',
    'data:text/html,x',
    '///e',
    '/a//e',
    '/a/..//e',
    '//e@host',
    '/@e/..//',
    'http:/e',
    '/%2e%2e//e',
    '/%E0%A4%A',
    '?x',
    '#x',
    'blob:x',
    '//[::1]',
    '/%25%32%66/e',
    '/\\\\e',
    '/%5c%5ce',
    'HTTPS://E',
  ];
  const bypasses = forms.filter((form) => {
    const url = new URL(safeNext(form), 'https://daesa.example');
    return url.origin !== 'https://daesa.example' || url.pathname.startsWith('//');
  });
  say(`K22  ${forms.length} addresses after login: ${bypasses.length} bypasses`);
}

await withShared((shared) => loginAbuse(Number(process.argv[2] ?? 10_000), shared));
await loginTimes();
await withShared(async (shared) => say(`K18  ${(await revocation(shared)).figures}`));
await foreignOrigins();
await massAssignment();
nextPages();
