#!/usr/bin/env node
import { readConfig, type Config } from './config.ts';
import type { Context } from './context.ts';
import type { Write } from './db/database.ts';
import { StartError } from './start-error.ts';

interface Command {
  usage: string;
  sentence: string;
  /** Arguments after the words of the name. */
  takes: number;
  /** More arguments that may follow. */
  mayTake?: number;
  /** One of these may follow. */
  flags?: string[];
  run: (args: string[]) => Promise<void>;
}

/** What can be asked for, by name. Each loads what it needs: most need no server. */
const commands: Record<string, Command> = {
  start: {
    usage: 'start',
    sentence: 'Starts the server.',
    takes: 0,
    run: async () => {
      await import('./main.ts');
    },
  },
  backup: {
    usage: 'backup FILE',
    sentence: 'Writes everything into one file, beside a running server.',
    takes: 1,
    run: async ([file = '']) => {
      const { openToRead } = await import('./db/backup/open-plain.ts');
      const { takeBackup } = await import('./db/backup/take-backup.ts');
      const database = await openToRead(readSettings());
      const counts = await takeBackup(database.db, file).finally(() => database.close());
      say(`${file} holds ${describeCounts(counts)}.`);
    },
  },
  restore: {
    usage: 'restore FILE',
    sentence: 'Brings a backup, of SQLite or PostgreSQL, into an empty database of either kind.',
    takes: 1,
    run: async ([file = '']) => {
      const { openToRestore } = await import('./db/backup/open-plain.ts');
      const { restoreBackup } = await import('./db/backup/restore-backup.ts');
      const database = await openToRestore(readSettings());
      const counts = await restoreBackup(database.db, file).finally(() => database.close());
      say(`Restored ${describeCounts(counts)}.`);
    },
  },
  migrate: {
    usage: 'migrate [--dry-run]',
    sentence: 'Brings the database to the newest schema, as a start does; or only says what that would change.',
    takes: 0,
    flags: ['--dry-run'],
    run: async ([flag]) => {
      const pending = await pendingOf(readSettings());
      if (pending.length === 0) say('The database has the newest schema.');
      for (const name of pending) say(`${flag ? 'would run' : 'running'}  ${name}`);
      if (!flag && pending.length > 0) await withContext(async () => say('The database has the newest schema now.'));
    },
  },
  doctor: {
    usage: 'doctor',
    sentence: 'Looks at database, ledger, settings and provider, and says what to do. It changes nothing.',
    takes: 0,
    run: async () => {
      const { examine } = await import('./upkeep/doctor.ts');
      const { createLogger } = await import('./logger.ts');
      const findings = await examine(readConfig(), createLogger('silent'));
      for (const { about, state, says: found, todo } of findings) {
        say(`${state.padEnd(8)} ${about} ${found}${todo ? `. ${todo}` : ''}`);
      }
      if (findings.some(({ state }) => state === 'bad')) process.exitCode = 1;
    },
  },
  sample: {
    usage: 'sample',
    sentence: 'Fills an empty request board with sample lines of our own making.',
    takes: 0,
    run: async () => {
      const { addSamples } = await import('./sample.store.ts');
      const count = await change(addSamples, { now: Date.now() });
      say(count > 0 ? `${count} sample requests are on the board.` : 'The board has requests already: nothing done.');
    },
  },
  'admin grant': {
    usage: 'admin grant EMAIL',
    sentence: 'Makes an account an administrator, beside a running server too.',
    takes: 1,
    run: async ([email = '']) => {
      const { emailKeyOf } = await import('./accounts/account-parts.ts');
      const { grantAdministrator } = await import('./admin/users.store.ts');
      if (!(await change(grantAdministrator, { emailKey: emailKeyOf(email), now: Date.now() }))) {
        throw new StartError(`There is no account with the address ${email}.`);
      }
      say(`${email} is an administrator now.`);
    },
  },
  'assistants import': {
    usage: 'assistants import FILE [EMAIL]',
    sentence: 'Takes over assistants and threads that another API has exported, beside a running server too.',
    takes: 1,
    mayTake: 1,
    run: async ([file = '', email]) => {
      const { emailKeyOf } = await import('./accounts/account-parts.ts');
      const { readExport } = await import('./assistants/read-export.ts');
      const { importExport } = await import('./assistants/import.store.ts');
      const emailKey = email === undefined ? null : emailKeyOf(email);
      const count = await change(importExport, { ...readExport(file, Date.now()), emailKey });
      say(`Took over ${count.assistants} assistants, ${count.threads} threads and ${count.messages} messages.`);
      if (count.known > 0) say(`${count.known} were there already.`);
    },
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function describeCounts(counts: Record<string, number>): string {
  const rows = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const { users = 0, sessions = 0, messages = 0 } = counts;
  return `${rows} rows: ${users} accounts, ${sessions} sessions with ${messages} messages, and the rest`;
}

function readSettings(): Config {
  return readConfig({ LOG_LEVEL: 'warn', LOCAL_PROVIDER: 'off', ...process.env });
}

async function pendingOf(config: Config): Promise<string[]> {
  const { isThere, openToRead } = await import('./db/backup/open-plain.ts');
  const { migrations, pendingMigrations } = await import('./db/migrate.ts');
  if (!isThere(config)) return Object.keys(migrations);
  const database = await openToRead(config);
  return pendingMigrations(database.db).finally(() => database.close());
}

/** Runs one write. A database that is not there yet, or has an older schema, is brought up first. */
async function change<Args, Result>(write: Write<Args, Result>, args: Args): Promise<Result> {
  if ((await pendingOf(readSettings())).length > 0) await withContext(async () => undefined);
  const { openToChange } = await import('./db/backup/open-plain.ts');
  const { db, close } = await openToChange(readSettings());
  return db
    .transaction()
    .execute((trx) => write(trx, args))
    .finally(close);
}

async function withContext(work: (context: Context) => Promise<void>): Promise<void> {
  const { createContext } = await import('./context.ts');
  const context = await createContext(readSettings());
  try {
    await work(context);
  } finally {
    await context.close();
  }
}

function showHelp(): void {
  say('Commands:');
  for (const { usage, sentence } of Object.values(commands)) say(`  ${usage.padEnd(32)}${sentence}`);
}

async function main(words: string[]): Promise<number> {
  const found = Object.entries(commands).find(([name]) => `${words.join(' ')} `.startsWith(`${name} `));
  const [name, command] = found ?? [];
  const args = words.slice(name?.split(' ').length ?? 0);
  const more = args.slice(command?.takes);
  const known =
    more.length <= (command?.mayTake ?? 1) && more.every((flag) => command?.mayTake || command?.flags?.includes(flag));
  if (!command || args.length < command.takes || !known) {
    showHelp();
    return words.length === 0 || words[0] === 'help' || words[0] === '--help' ? 0 : 2;
  }
  await command.run(args);
  return 0;
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== 0) process.exitCode = code;
} catch (error) {
  const known = error instanceof StartError || (error instanceof Error && error.name === 'ConfigError');
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
