#!/usr/bin/env node
import { emailKeyOf } from './accounts/account-parts.ts';
import { grantAdministrator } from './admin/users.store.ts';
import { readConfig } from './config.ts';
import { createContext, type Context } from './context.ts';
import { addSamples } from './sample.store.ts';
import { StartError } from './start-error.ts';

interface Command {
  usage: string;
  sentence: string;
  /** Arguments after the words of the name. */
  takes: number;
  run: (args: string[]) => Promise<void>;
}

/** What can be asked for, by name. */
const commands: Record<string, Command> = {
  start: {
    usage: 'start',
    sentence: 'Starts the server.',
    takes: 0,
    run: async () => {
      await import('./main.ts');
    },
  },
  sample: {
    usage: 'sample',
    sentence: 'Fills an empty request board with sample lines of our own making.',
    takes: 0,
    run: () =>
      withContext(async ({ database, clock }) => {
        const count = await database.write(addSamples, { now: clock() });
        say(count > 0 ? `${count} sample requests are on the board.` : 'The board has requests already: nothing done.');
      }),
  },
  'admin grant': {
    usage: 'admin grant EMAIL',
    sentence: 'Makes an account an administrator.',
    takes: 1,
    run: ([email = '']) =>
      withContext(async ({ database, clock }) => {
        if (!(await database.write(grantAdministrator, { emailKey: emailKeyOf(email), now: clock() }))) {
          throw new StartError(`There is no account with the address ${email}.`);
        }
        say(`${email} is an administrator now.`);
      }),
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function withContext(work: (context: Context) => Promise<void>): Promise<void> {
  const context = await createContext(readConfig({ LOG_LEVEL: 'warn', LOCAL_PROVIDER: 'off', ...process.env }));
  try {
    await work(context);
  } finally {
    await context.close();
  }
}

function showHelp(): void {
  say('Commands:');
  for (const { usage, sentence } of Object.values(commands)) say(`  ${usage.padEnd(20)}${sentence}`);
}

async function main(words: string[]): Promise<number> {
  const found = Object.entries(commands).find(([name]) => `${words.join(' ')} `.startsWith(`${name} `));
  const [name, command] = found ?? [];
  const args = words.slice(name?.split(' ').length ?? 0);
  if (!command || args.length !== command.takes) {
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
