import { settings, type SettingName } from './config.ts';
import { describeSchema, type Table } from './db/describe-schema.ts';

/** The schema as text, pinned in the repository: a change of it shows in the change that makes it. */
export function schemaSnapshot(tables: Table[]): string {
  const blocks = tables.map(({ name, columns, references, unique, indexes }) => {
    const lines = [
      ...columns.map(
        (column) => `${column.name} ${column.type}${column.primary ? ' primary' : column.required ? ' not null' : ''}`,
      ),
      ...references.map(({ column, table, onDelete }) => `${column} references ${table}, on delete ${onDelete}`),
      ...unique.map((names) => `unique (${names})`),
      ...indexes,
    ];
    return `${name}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  });
  return blocks.join('\n');
}

/** The tables and their references as a mermaid diagram. */
export function entityDiagram(tables: Table[]): string {
  const references = tables.flatMap(({ name, references: keys }) =>
    keys.map(({ table, column }) => `  ${table} ||--o{ ${name} : ${column}`),
  );
  const entities = tables.map(({ name, columns, references: keys }) => {
    const foreign = new Set(keys.map(({ column }) => column));
    const lines = columns.map((column) => {
      const marks = [column.primary ? 'PK' : '', foreign.has(column.name) ? 'FK' : ''].filter(Boolean).join(', ');
      const type = column.type.replaceAll(' ', '_');
      return `    ${[type, column.name, marks, column.required ? '' : '"may be null"'].filter(Boolean).join(' ')}`;
    });
    return [`  ${name} {`, ...lines, '  }'].join('\n');
  });
  return [
    '# The tables',
    '',
    'Generated from the migrated schema by `npm run docs`. Instants are milliseconds UTC, money is nano-dollars,',
    'booleans are 0 or 1. An id without a line to its table is no foreign key: the ledger, say, outlives accounts.',
    '',
    '```mermaid',
    'erDiagram',
    ...references,
    ...entities,
    '```',
    '',
  ].join('\n');
}

function defaultOf(name: SettingName): string {
  const { fallback, shown } = settings[name] as { fallback: unknown; shown?: string };
  if (shown !== undefined) return shown;
  return fallback === undefined ? 'unset' : `\`${String(fallback)}\``;
}

/** Every setting as a row of the README's table. */
export function settingsTable(): string {
  const rows = (Object.keys(settings) as SettingName[]).map((name) => {
    const { sentence, secret } = settings[name] as { sentence: string; secret?: boolean };
    const more = secret ? ` Also as a file: \`${name}_FILE\`.` : '';
    return `| \`${name}\` | ${defaultOf(name)} | ${sentence}${more} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

const block = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** The README with the table of settings as it is now, between its two markers. */
export function withSettings(readme: string): string {
  if (!block.test(readme)) throw new Error('README.md has lost the markers of the settings table');
  return readme.replace(block, (_whole, begin: string, end: string) => `${begin}${settingsTable()}\n${end}`);
}

/** Every generated document, by its path in the repository; `readme` is the README as it stands. */
export async function documents(readme: string): Promise<Record<string, string>> {
  const tables = await describeSchema();
  return {
    'docs/erd.md': entityDiagram(tables),
    'server/db/schema.snapshot.txt': schemaSnapshot(tables),
    'README.md': withSettings(readme),
  };
}
