import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import OpenAI, { toFile } from 'openai';
import { afterAll, expect, inject, test } from 'vitest';
import { joinAs } from './client.ts';
import { pdfOf } from './pdf.ts';
import { startScriptedProvider } from './scripted-provider.ts';
import { startProcess } from './server-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'daesa-package-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Installs the archive as npm would, with links to what it depends on in place of a download. */
async function install(archive: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'daesa'), { recursive: true });
  await run('tar', ['-xzf', archive, '-C', join(modules, 'daesa'), '--strip-components=1']);
  const installed = join(root, 'node_modules');
  for (const name of readdirSync(installed)) {
    if (!name.startsWith('.') && name !== 'daesa') symlinkSync(join(installed, name), join(modules, name));
  }
  return join(modules, 'daesa');
}

/** A PDF is read by a thread of its own, whose file the build has to put where the server looks for it. */
async function searchPdf(installed: string): Promise<string | undefined> {
  const server = await startProcess({}, undefined, { program: join(installed, 'dist/server/main.js') });
  const url = (await server.ready).replace('localhost', '127.0.0.1');
  const { key } = (await (await joinAs(url)).post('/keys', { name: 'test' })).body;
  const openai = new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 });
  const content = Buffer.from(pdfOf('Parking costs seven coins'));
  const file = await openai.files.create({ file: await toFile(content, 'parking.pdf'), purpose: 'assistants' });
  const store = await openai.vectorStores.create({});
  await openai.vectorStores.files.createAndPoll(store.id, { file_id: file.id }, { pollIntervalMs: 50 });
  const { data } = await openai.vectorStores.search(store.id, { query: 'parking coins' });
  await server.stop();
  return data[0]?.content[0]?.text;
}

// The package does not depend on the database: once is enough.
test.runIf(inject('database') === 'sqlite')(
  'the packed archive gives a program its class with types, a command, and a server that reads PDF',
  async () => {
    await run('npm', ['run', '--silent', 'package', '--', '--pack-destination', folder], { cwd: root });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
    const installed = await install(join(folder, archive));
    const provider = await startScriptedProvider();
    const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), OPENAI_BASE_URL: provider.url };
    provider.setDefault({ text: '꾸러미의 답' });
    const program = `import { OpenAIService, type ChatAnswer } from 'daesa';
      const service = await OpenAIService.open({ ...process.env });
      const answer: ChatAnswer = await service.chat('질문');
      console.log(answer.content);
      await service.close();`;
    writeFileSync(join(folder, 'program.ts'), program);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const { stdout } = await run(process.execPath, ['program.ts'], { cwd: folder, env });
    expect(stdout).toContain('꾸러미의 답');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'program.ts'], {
      cwd: folder,
    });
    const command = await run(process.execPath, [join(installed, 'dist/server/cli.js'), 'sample'], {
      cwd: folder,
      env,
    });
    expect(command.stdout).toContain('sample requests');
    await provider.close();
    expect(await searchPdf(installed)).toContain('Parking costs seven coins');
  },
  180_000,
);
