import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type GatewayHouse } from '#test/gateway.ts';
import { clientOf } from '#test/client.ts';

let house: GatewayHouse;

beforeAll(async () => {
  house = await startGateway();
  house.provider.setModels(['gpt-4', 'gpt-5-mini', 'gpt-4o-mini']);
});
afterAll(() => house.close());

/** At $60 a million, 1,660 tokens of gpt-4 cost $0.0996, and the question about $0.0003. */
const tenCents = { model: 'gpt-4', max_tokens: 1_660, messages: [{ role: 'user', content: 'Ten cents' }] };
const costsTenCents = { usage: { prompt: 9, completion: 1_660 } };

async function post(url: string, key: string, body: object): Promise<{ status: number; code: string | undefined }> {
  const answer = await clientOf(url, key).post('/v1/chat/completions', body);
  return { status: answer.status, code: answer.body.error?.code };
}

describe('a budget', () => {
  test('adds a maximum where the request has none, in the field that the model takes', async () => {
    house.provider.reset();
    const { openai } = await house.key({ monthly_budget_usd: 100 });
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const asked = () => house.provider.requests.at(-1)?.body;
    await openai.chat.completions.create({ model: 'gpt-5-mini', messages });
    expect(asked()).toMatchObject({ max_completion_tokens: 4_096 });
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages });
    expect(asked()).toMatchObject({ max_tokens: 4_096 });
    await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, max_completion_tokens: 7 });
    expect(asked()).not.toHaveProperty('max_tokens');
    const unlimited = await house.key();
    await unlimited.openai.chat.completions.create({ model: 'gpt-4o-mini', messages });
    expect(asked()).not.toHaveProperty('max_tokens');
  });

  test('sets a configured amount aside for a price that nobody knows, and reports the price as unknown', async () => {
    house.provider.reset();
    const { id, openai } = await house.key({ monthly_budget_usd: 0.25 });
    const call = () =>
      openai.chat.completions.create({ model: 'a-house-model', messages: [{ role: 'user', content: 'Hi' }] });
    await call();
    await call();
    await expect(call()).rejects.toMatchObject({ status: 429, code: 'budget_exhausted' });
    const rows = (await house.ledger()).filter((row) => row.key_id === id);
    expect(rows.map((row) => [row.cost, row.reserved_cost])).toEqual([
      [null, 100_000_000],
      [null, 100_000_000],
    ]);
  });

  test('counts n answers, long prompts and whatever the month has seen before it was set', async () => {
    house.provider.reset();
    const { id, openai } = await house.key({ monthly_budget_usd: 0.1 });
    const call = (more: object) =>
      openai.chat.completions.create({
        model: 'gpt-4',
        messages: [{ role: 'user', content: 'Hi' }],
        max_tokens: 100,
        ...more,
      });
    await expect(call({ n: 128 })).rejects.toMatchObject({ code: 'budget_exhausted' });
    await expect(call({ max_tokens: 100_000 })).rejects.toMatchObject({ code: 'budget_exhausted' });
    const long = [{ role: 'user' as const, content: 'many words '.repeat(20_000) }];
    await expect(call({ messages: long })).rejects.toMatchObject({ code: 'budget_exhausted' });
    await house.owner.put(`/keys/${id}`, { monthly_budget_usd: null });
    house.provider.setDefault({ usage: { prompt: 0, completion: 1_500 } });
    await call({});
    await house.owner.put(`/keys/${id}`, { monthly_budget_usd: 0.05 });
    await expect(call({})).rejects.toMatchObject({ code: 'budget_exhausted' });
    await house.owner.put(`/keys/${id}`, { monthly_budget_usd: 0 });
    await expect(call({})).rejects.toMatchObject({ code: 'budget_exhausted' });
  });

  test('that is used up leaves a notice for its owner, once', async () => {
    const notices = await house.server.context.database.read.selectFrom('budget_notices').selectAll().execute();
    const marks = notices.map((row) => `${row.scope} ${row.percent} ${row.limit_nano}`);
    expect(notices.some((row) => row.percent === 100 && row.user_id !== null)).toBe(true);
    expect(new Set(marks).size).toBe(marks.length);
  });
});

describe('a key', () => {
  test('has its own requests a day, and never more than its owner', async () => {
    house.provider.reset();
    const { openai, plain } = await house.key({ daily_requests: 2 });
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const call = () => openai.chat.completions.create({ model: 'gpt-5-mini', messages }).withResponse();
    const first = await call();
    expect(first.response.headers.get('x-ratelimit-limit-requests')).toBe('2');
    expect(first.response.headers.get('x-ratelimit-remaining-requests')).toBe('1');
    expect(first.response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(\d+h)?(\d+m)?[\d.]+m?s$/);
    // A refusal of the provider gives the key's request back as well.
    house.provider.script({ status: 400 });
    await expect(call()).rejects.toMatchObject({ status: 400 });
    await call();
    const refused = await plain.post('/v1/chat/completions', { model: 'gpt-5-mini', messages });
    expect([refused.status, refused.body.error.code]).toEqual([429, 'quota_exhausted']);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('has its own tokens a minute, which come back with time', async () => {
    house.provider.reset();
    house.provider.setDefault({ usage: { prompt: 20, completion: 380 } });
    const { openai, plain } = await house.key({ tokens_per_minute: 1_000 });
    const body = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Hi' }], max_tokens: 500 };
    const { response } = await openai.chat.completions.create(body).withResponse();
    expect(response.headers.get('x-ratelimit-limit-tokens')).toBe('1000');
    await openai.chat.completions.create(body);
    const refused = await plain.post('/v1/chat/completions', body);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'rate_limit_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(refused.headers.get('x-should-retry')).toBeNull();
    const large = await plain.post('/v1/chat/completions', { ...body, max_tokens: 5_000 });
    expect(large.status).toBe(429);
  });
});

test('the server’s budget holds over all users and keys', async () => {
  const capped = await startGateway({ env: { MONTHLY_BUDGET_USD: '0.25' } });
  try {
    capped.provider.setModels(['gpt-4']);
    capped.provider.setDefault(costsTenCents);
    const one = await capped.key();
    const other = await capped.key();
    expect((await post(capped.server.url, one.key, tenCents)).status).toBe(200);
    expect((await post(capped.server.url, capped.owner.token, tenCents)).status).toBe(200);
    expect(await post(capped.server.url, other.key, tenCents)).toMatchObject({ status: 429, code: 'budget_exhausted' });
    expect((await capped.owner.post('/chat', { content: 'Hello' })).status).toBe(429);
    const { month } = (await capped.administrator.get('/admin/defaults')).body;
    expect(month.limit_usd).toBe(0.25);
    expect(month.spent_usd).toBeGreaterThan(0.19);
    expect(month.spent_usd).toBeLessThanOrEqual(0.25);
  } finally {
    await capped.close();
  }
});

test('a key narrows /chat as it narrows /v1: models, requests a day and money', async () => {
  house.provider.reset();
  const { plain, id } = await house.key({
    daily_requests: 2,
    models: ['gpt-5-mini', 'gpt-4'],
    monthly_budget_usd: 0.05,
  });
  const other = await plain.post('/chat', { content: 'Hello', model: 'gpt-4o-mini' });
  expect([other.status, other.body.code]).toEqual([403, 'model_not_allowed']);
  const dear = await plain.post('/chat', { content: 'Hello', model: 'gpt-4', max_tokens: 2_000 });
  expect([dear.status, dear.body.code]).toEqual([429, 'budget_exhausted']);
  const first = await plain.post('/chat', { content: 'Hello', model: 'gpt-5-mini', max_tokens: 100 });
  expect(first.status).toBe(201);
  const session = { content: 'And then?', session_id: first.body.session_id, model: 'gpt-5-mini', max_tokens: 100 };
  expect((await plain.post('/chat', session)).status).toBe(201);
  const third = await plain.post('/chat', { content: 'Hello', model: 'gpt-5-mini', max_tokens: 100 });
  expect([third.status, third.body.code]).toEqual([429, 'quota_exhausted']);
  const rows = (await house.ledger()).filter((row) => row.key_id === id);
  expect(rows.map((row) => [row.purpose, row.bot, row.cost])).toEqual([
    ['chat', 'free', 32_500],
    ['chat', 'free', 32_500],
  ]);
});
