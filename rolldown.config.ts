import { defineConfig, type Plugin } from 'rolldown';

/**
 * V8 keeps a source in one byte a character only where all of them fit; one word of Korean doubles the megabytes
 * of a file. In strings, templates and regular expressions an escape means the same.
 */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  // After the minifier, which would write the characters out again.
  generateBundle: (_options, bundle) => {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') chunk.code = chunk.code.replace(beyondAscii, escapeUnit);
    }
  },
};

// oxlint-disable-next-line no-control-regex -- a UTF-16 unit at a time
const beyondAscii = /[^\u0000-\u007f]/g;
const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** @fastify/swagger writes YAML where it is asked to, which nobody does here; its library takes part of every start. */
const noYaml: Plugin = {
  name: 'no-yaml',
  resolveId: (source) => (source === 'yaml' ? '\0no-yaml' : null),
  load: (id) => (id === '\0no-yaml' ? 'export {};' : null),
};

/**
 * The server as `npm start` runs it: ours and most of what we stand on in a few files, which start in a third of
 * the time and with two thirds of the memory of a thousand modules. Tests and the CLI run the sources.
 */
export default defineConfig({
  input: {
    main: 'server/main.ts',
    // The package's own entry and its command (docs/openai-service.md).
    'openai-service': 'server/openai-service.ts',
    cli: 'server/cli.ts',
    'sqlite-writer': 'server/db/sqlite-writer.ts',
    stores: 'server/stores.ts',
    'token-worker': 'server/upstream/token-worker.ts',
    'pdf-worker': 'server/assistants/pdf-worker.ts',
    'list-common-passwords': 'server/accounts/list-common-passwords.ts',
  },
  platform: 'node',
  plugins: [asciiOnly, noYaml],
  // These find their own files beside them.
  external: ['pino', /^redoc/, /^gpt-tokenizer/, 'pg-native'],
  output: {
    dir: 'dist/server',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    cleanDir: true,
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
  },
});
