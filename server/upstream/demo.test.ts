import { describe, expect, test } from 'vitest';
import { ask } from '#test/ask-provider.ts';
import { demoAnswer } from './demo-text.ts';
import { createDemoProvider } from './demo.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { ChatMessage } from './upstream.ts';

const demo = createDemoProvider({ paceMs: 0 });
const user = (content: string): ChatMessage => ({ role: 'user', content });

describe('the demo model', () => {
  test('says in the language of the question what it is and how to connect a real model', async () => {
    const korean = await ask(demo.chat, '내일 뭐 먹을까요?');
    const english = await ask(demo.chat, 'What shall I eat?');
    expect(korean.text).toMatch(/> 내일 뭐 먹을까요\?[^]*데모 모델[^]*OPENAI_API_KEY[^]*OPENAI_BASE_URL/);
    expect(english.text).toMatch(/> What shall I eat\?[^]*demo model[^]*OPENAI_API_KEY[^]*OPENAI_BASE_URL/);
    expect(english.text).not.toMatch(/[가-힣]/);
    for (const { text } of [korean, english]) {
      expect(text.split(/\s+/).length).toBeGreaterThanOrEqual(40);
      expect(text.split(/\s+/).length).toBeLessThanOrEqual(80);
    }
  });

  test('tells what it was given: earlier messages, instructions, the applied quote that fits best', () => {
    const system =
      'Answer kindly.\n- “우승은 당연한 게 아니에요” (백승수, 3화)\n- “약점을 보완하는 게 먼저예요” (백승수, 5화)';
    const answer = demoAnswer([
      { role: 'system', content: system },
      user('저는 신입이에요'),
      user('약점을 어떻게 보완하죠?'),
    ]);
    expect(answer).toContain('2번째');
    expect(answer).toContain('- 저는 신입이에요');
    expect(answer).toContain('안내문');
    expect(answer).toContain('> “약점을 보완하는 게 먼저예요” (백승수, 5화)');
    expect(answer).not.toContain('우승은');
  });

  test('streams word by word and counts its tokens', async () => {
    const { parts, result, text, accepted } = await ask(demo.chat, '안녕');
    expect(parts.length).toBeGreaterThan(30);
    expect(accepted).toBe(1);
    expect(result).toMatchObject({ finishReason: 'stop', model: 'demo' });
    expect(result?.usage).toEqual({
      promptTokens: expect.any(Number),
      completionTokens: estimateTokens(text),
      cachedTokens: 0,
      estimated: true,
    });
  });

  test('stops at the maximum of tokens', async () => {
    const { result, text } = await ask(demo.chat, { maxTokens: 12 });
    expect(result?.finishReason).toBe('length');
    expect(estimateTokens(text)).toBeLessThanOrEqual(12);
    expect(text).not.toBe('');
  });

  test('keeps its pace and stops at once when the asker leaves', async () => {
    const leaving = new AbortController();
    const slow = createDemoProvider({ paceMs: 5 });
    const startedAt = performance.now();
    const asked = await ask(slow.chat, '안녕', leaving.signal, () => {
      if (performance.now() - startedAt > 30) leaving.abort(new Error('gone'));
    });
    expect(asked.failure).toEqual(new Error('gone'));
    expect(asked.parts.length).toBeGreaterThan(1);
    expect(asked.parts.length).toBeLessThan(10);
    expect((await ask(slow.chat, '안녕', AbortSignal.abort(new Error('gone')))).accepted).toBe(0);
  });

  test('quotes even a huge or broken question in one whole line', () => {
    const answer = demoAnswer([user(`${'👩‍👩‍👧‍👦'.repeat(5000)}\ud83d`)]);
    expect(answer.isWellFormed()).toBe(true);
    expect(answer.split('\n')[2]).toBe(`> ${'👩‍👩‍👧‍👦'.repeat(79)}…`);
    expect(demoAnswer([])).toContain('demo model');
  });
});
