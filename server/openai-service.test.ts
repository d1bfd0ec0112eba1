import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabaseUrl } from '#test/databases.ts';
import { startScriptedProvider, type ScriptedProvider } from '#test/scripted-provider.ts';
import { OpenAIService, type Settings } from './openai-service.ts';

let provider: ScriptedProvider;
let service: OpenAIService;
let settings: Settings;
const dataDir = mkdtempSync(join(tmpdir(), 'daesa-service-'));

beforeAll(async () => {
  provider = await startScriptedProvider({ models: ['gpt-4o-mini'] });
  settings = { DATA_DIR: dataDir, DATABASE_URL: await freshDatabaseUrl(), OPENAI_BASE_URL: provider.url };
  service = await OpenAIService.open(settings);
});
beforeEach(() => provider.reset());
afterAll(async () => {
  await service.close();
  await provider.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** The database's clock is its own. */
const CLOCKS_APART_MS = 1_000;

const sent = () => (provider.requests.at(-1)!.body as { messages: { content: string }[] }).messages;

test('a conversation goes on with what was said before, and its summary adds up', async () => {
  const began = Date.now() - CLOCKS_APART_MS;
  provider.script(
    { text: '하나', usage: { prompt: 10, completion: 5 } },
    { text: '둘', usage: { prompt: 20, completion: 5 } },
  );
  const first = await service.chat('첫 질문', { systemPrompt: '짧게' });
  expect(first).toMatchObject({ content: '하나', usage: { promptTokens: 10, completionTokens: 5, totalTokens: 15 } });
  const second = await service.chatWithHistory(first.conversationId, '둘째 질문');
  expect(second.conversationId).toBe(first.conversationId);
  expect(sent().map(({ content }) => content)).toEqual(['짧게', '첫 질문', '하나', '둘째 질문']);
  const summary = await service.getConversationSummary(first.conversationId);
  expect(summary).toMatchObject({
    messages: { total: 4, user: 2, assistant: 2 },
    tokens: { prompt: 30, completion: 10, total: 40 },
  });
  // A million tokens of gpt-4o-mini cost 0.15 and 0.60 dollars.
  expect(summary.cost).toBeCloseTo((30 * 0.15 + 10 * 0.6) / 1e6, 12);
  expect(summary.firstAt!.getTime()).toBeGreaterThanOrEqual(began);
  expect(summary.lastAt!.getTime()).toBeGreaterThanOrEqual(summary.firstAt!.getTime());
  expect(summary.lastAt!.getTime()).toBeLessThanOrEqual(Date.now() + CLOCKS_APART_MS);
});

test('a stream gives its pieces and, at its end, the whole answer', async () => {
  provider.script({ text: ['가', '나', '다'], paceMs: 5 });
  const stream = service.chatStream('질문');
  let text = '';
  let next = await stream.next();
  for (; !next.done; next = await stream.next()) text += next.value;
  expect(next.value).toMatchObject({ content: '가나다', finishReason: 'stop' });
  expect(text).toBe('가나다');
});

test('leaving a stream stops the model', async () => {
  provider.script({ text: '길고 긴 답 '.repeat(500), paceMs: 5 });
  const stream = service.chatStream('질문');
  await stream.next();
  await stream.return(undefined as never);
  expect((await provider.closed(provider.requests.length - 1)).finished).toBe(false);
});

test('a saved conversation is loaded, titled, asked about and cleared', async () => {
  const messages = [
    { role: 'user' as const, content: '내 이름은 미나예요' },
    { role: 'assistant' as const, content: '안녕하세요' },
  ];
  const id = await service.saveConversation(messages);
  expect(await service.loadConversation(id)).toEqual({ id, title: '내 이름은 미나예요', messages });
  await service.chatWithHistory(id, '내 이름은?');
  expect(sent().map(({ content }) => content)).toEqual(['내 이름은 미나예요', '안녕하세요', '내 이름은?']);
  await service.clearConversation(id);
  await expect(service.loadConversation(id)).rejects.toMatchObject({ code: 'not_found' });
  await expect(service.chat(' ')).rejects.toMatchObject({ code: 'invalid' });
  await expect(service.saveConversation([messages[1]!])).rejects.toMatchObject({ code: 'invalid' });
});

test('a title comes from the model, and a failure has the code of the API', async () => {
  provider.script({ text: '답' });
  const { conversationId } = await service.chat('제목을 지어 주세요');
  provider.script({ text: '지은 제목' });
  expect(await service.generateTitle(conversationId)).toBe('지은 제목');
  provider.script({ status: 401 });
  await expect(service.chat('질문')).rejects.toMatchObject({ code: 'provider_auth' });
});

test('the documented example runs', async () => {
  const page = readFileSync(new URL('../docs/openai-service.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(page)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'daesa-example-'));
  const entry = fileURLToPath(new URL('./openai-service.ts', import.meta.url));
  writeFileSync(join(folder, 'example.ts'), example.replace("'daesa'", JSON.stringify(entry)));
  const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), OPENAI_BASE_URL: provider.url };
  provider.setDefault({ text: '설명하는 답' });
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'example.ts')], { env });
  expect(stdout).toContain('설명하는 답');
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
