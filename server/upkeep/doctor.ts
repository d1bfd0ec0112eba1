import { statfs } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { openToRead } from '../db/backup/open-plain.ts';
import { databaseNow } from '../db/clock.ts';
import { pendingMigrations } from '../db/migrate.ts';
import type { Db } from '../db/schema.ts';
import { connectRedis, redisAnswers } from '../redis/connect-redis.ts';
import { createUpstream } from '../upstream/create-upstream.ts';
import { readProvidersFile } from '../upstream/providers-file.ts';
import { countAbandoned, countAdministrators, countOrphans, countWrongDays, findDamage } from './doctor.store.ts';

/** What was looked at, and what to do about it where it is not well. */
export interface Finding {
  about: string;
  state: 'ok' | 'warning' | 'bad';
  says: string;
  todo?: string;
}

const ok = (about: string, says: string): Finding => ({ about, state: 'ok', says });
const warning = (about: string, says: string, todo: string): Finding => ({ about, state: 'warning', says, todo });
const bad = (about: string, says: string, todo: string): Finding => ({ about, state: 'bad', says, todo });

const LARGEST_SKEW_MS = 5_000;
const LEAST_SPACE = 512 * 1_048_576;

/** Looks at everything that a server needs, beside a running one, and changes nothing. */
export async function examine(config: Config, logger: Logger): Promise<Finding[]> {
  const database = await openToRead(config);
  try {
    const findings = await examineDatabase(database.db, config);
    return [...findings, ...examineSettings(config), ...(await examineSurroundings(config, logger))];
  } finally {
    await database.close();
  }
}

async function examineDatabase(db: Db, config: Config): Promise<Finding[]> {
  const pending = await pendingMigrations(db);
  if (pending.length > 0) {
    return [warning('schema', `${pending.length} migrations are to come`, 'Run `migrate`, or start the server.')];
  }
  const damage = await findDamage(db);
  const wrongDays = await countWrongDays(db);
  const abandoned = await countAbandoned(db, Date.now() - config.ANSWER_TIMEOUT_MS - 120_000);
  const orphans = await countOrphans(db);
  const { accounts, administrators } = await countAdministrators(db);
  const skew = Math.abs((await databaseNow(db)) - Date.now());
  const seconds = Math.round(skew / 1_000);
  return [
    ok('schema', 'is the newest'),
    damage === '' ? ok('database', 'is whole') : bad('database', damage, 'Take a `backup` and `restore` it anew.'),
    wrongDays === 0
      ? ok('quota', 'agrees with the ledger')
      : bad(
          'quota',
          `${wrongDays} days count less than the ledger has`,
          'Report it: no way of the server leads there.',
        ),
    abandoned === 0
      ? ok('ledger', 'has nothing open that nobody carries')
      : warning('ledger', `${abandoned} entries are open for too long`, 'A running server closes them; start one.'),
    orphans === 0
      ? ok('turns', 'have their answers')
      : bad('turns', `${orphans} have lost a part of theirs`, 'Restore the last backup, or delete these turns.'),
    accounts > 0 && administrators === 0
      ? warning('accounts', 'have no administrator', 'Run `admin grant EMAIL`.')
      : ok('accounts', `${accounts}, of them ${administrators} administrators`),
    skew > LARGEST_SKEW_MS
      ? warning('clock', `is ${seconds} s away from the database's`, 'Let both follow a time server.')
      : ok('clock', "agrees with the database's"),
  ];
}

function examineSettings(config: Config): Finding[] {
  const found: Finding[] = [];
  const isHttps = config.PUBLIC_URL.startsWith('https:');
  if (!config.loopbackOnly && !isHttps) {
    found.push(warning('PUBLIC_URL', 'is not https', 'Put a proxy with a certificate before it: deploy/ has two.'));
  }
  if (isHttps && config.TRUST_PROXY.length === 0) {
    found.push(warning('TRUST_PROXY', 'is unset: all people have the proxy’s address', 'Set it to that address.'));
  }
  if (config.ADMIN_EMAIL && !config.SMTP_URL) {
    const todo = 'Set SMTP_URL, or let that person log in by another provider.';
    found.push(warning('ADMIN_EMAIL', 'can’t be verified without mail', todo));
  }
  if (config.REDIS_URL && !config.DATABASE_URL) {
    found.push(
      warning('REDIS_URL', 'is set on the embedded database, which one process has', 'Unset it, or set DATABASE_URL.'),
    );
  }
  return found.length > 0 ? found : [ok('settings', 'fit together')];
}

async function examineSurroundings(config: Config, logger: Logger): Promise<Finding[]> {
  const found: Finding[] = [];
  const upstream = createUpstream({
    apiKey: config.OPENAI_API_KEY,
    baseUrl: config.OPENAI_BASE_URL,
    extra: readProvidersFile(config.PROVIDERS_FILE),
    localProvider: config.LOCAL_PROVIDER,
  });
  const provider = await upstream.health();
  await upstream.close();
  if (provider === 'connected') found.push(ok('provider', 'answers'));
  else if (provider === 'demo')
    found.push(warning('provider', 'is the demo model', 'Set OPENAI_API_KEY or OPENAI_BASE_URL.'));
  else
    found.push(
      bad('provider', 'does not answer', 'Look at OPENAI_BASE_URL, the key, and the way out of this machine.'),
    );
  if (config.REDIS_URL) {
    const redis = await connectRedis(config.REDIS_URL, logger);
    const answers = await redisAnswers(redis);
    redis.destroy();
    const todo = 'Start it; until then instances do without each other.';
    found.push(answers ? ok('Redis', 'answers') : warning('Redis', 'does not answer', todo));
  }
  if (!config.DATABASE_URL) {
    const { bavail, bsize } = await statfs(config.DATA_DIR);
    const free = `${Math.round((bavail * bsize) / 1_048_576)} MB are free`;
    found.push(bavail * bsize < LEAST_SPACE ? warning('disk', free, 'Make room in DATA_DIR.') : ok('disk', free));
  }
  return found;
}
