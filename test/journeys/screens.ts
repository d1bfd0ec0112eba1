import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { ChatServer } from '#test/chat-server.ts';
import type { Client } from '#test/client.ts';

/** What screens show that have an address of their own. */
export interface Made {
  page: string;
  session: number;
  drama: number;
  guided: number;
}

export interface Screen {
  name: string;
  path: string | ((made: Made) => string);
  /** Who looks at it. */
  as: 'guest' | 'member' | 'administrator';
  /** What is there once the screen is drawn, where its heading says too little. */
  ready?: string;
}

const answer = [
  '**"꾸준함"**이 먼저예요. 처음부터 멀리 달리지 않아도 괜찮아요.',
  '1. 매일 10분 걷기\n2. 주말에 한 번 더 걷기',
  '| 요일 | 할 일 | 시간 |\n| - | - | - |\n| 월 | 빠르게 걷기 | 20분 |\n| 수 | 가볍게 달리기 | 10분 |',
  '```ts\nconst plan = weeks.map((week) => week * 1.1);\n```',
].join('\n\n');

/** Something to see on every screen, made as programs make it. */
export async function furnish(server: ChatServer, person: Client): Promise<Made> {
  const { administrator } = server;
  server.provider.setDefault({ text: answer });
  const { body: turn } = await person.post('/chat', { content: '달리기를 어떻게 시작하면 좋을까요?' });
  await person.post('/chat', { content: '비가 오는 날에는 무엇을 할까요?', session_id: turn.session_id });
  await person.patch(`/sessions/${turn.session_id}`, { title: '달리기 시작하기', visibility: 'public' });
  const { body: page } = await person.post(`/sessions/${turn.session_id}/snapshots`, { listed: true });
  for (const content of ['제주도 사흘 일정을 짜 주세요', '영어 메일을 다듬어 주세요']) {
    await person.post('/chat', { content });
  }
  const { body: guided } = await person.post('/sessions', { bot: 'planner' });
  await person.post(`/sessions/${guided.id}/prompts`, { content: '요즘 운동을 거의 하지 않아요' });

  const lines = ['꿈을 꾸는 사람에게는 밤이 길지 않아요', '숫자로 말하는 사람을 믿어요', '오늘 진 팀이 내일 이겨요'];
  const ids: number[] = [];
  for (const content of lines) {
    const { body } = await person.post('/quote', { content, speaker: '단장', situation: '용기가 필요할 때' });
    ids.push(body.id);
  }
  await administrator.put(`/quote/${ids[0]}/vote`);
  await administrator.put(`/quote/${ids[1]}`, { status: 'applied', reply: '좋은 대사예요. 봇이 이제 알아요.' });
  await administrator.put(`/quote/${ids[2]}`, { status: 'declined', reply: '비슷한 대사가 이미 있어요.' });
  const { body: drama } = await person.post('/sessions', { bot: 'stove-league' });
  await person.post(`/sessions/${drama.id}/prompts`, { content: '숫자로 말하는 사람에게 어울리는 대사가 있을까요?' });
  await person.post('/keys', { name: '내 노트북', daily_requests: 100, monthly_budget_usd: 5 });
  await administrator.post('/admin/networks', { cidr: '203.0.113.0/24', reason: '로그인을 너무 자주 틀렸어요' });

  return { page: page.id, session: turn.session_id, drama: drama.id, guided: guided.id };
}

export const screens: Screen[] = [
  { name: 'login', path: '/accounts/login?next=%2Fchat', as: 'guest' },
  { name: 'join', path: '/accounts/join', as: 'guest' },
  { name: 'forgot', path: '/accounts/password/forgot', as: 'guest' },
  { name: 'reset', path: '/accounts/reset', as: 'guest' },
  { name: 'guest', path: '/', as: 'guest' },
  { name: 'published', path: ({ page }) => `/s/${page}`, as: 'guest', ready: 'table' },
  { name: 'empty', path: '/', as: 'member' },
  { name: 'answer', path: ({ session }) => `/sessions/${session}`, as: 'member', ready: '.prose table' },
  { name: 'drama-answer', path: ({ drama }) => `/sessions/${drama}`, as: 'member', ready: '.prose table' },
  { name: 'history', path: '/chat', as: 'member', ready: 'main [data-row]' },
  { name: 'gallery', path: '/sessions', as: 'member', ready: 'main li a' },
  { name: 'gallery-pages', path: '/sessions?view=pages', as: 'member', ready: 'main li a' },
  { name: 'guided', path: '/sessions/new?bot=planner', as: 'member' },
  { name: 'guided-waiting', path: ({ guided }) => `/sessions/${guided}`, as: 'member' },
  { name: 'board', path: '/quote', as: 'member', ready: 'main li [aria-pressed]' },
  { name: 'board-empty', path: '/quote?status=planned', as: 'member' },
  { name: 'board-form', path: '/quote?write=yes', as: 'member', ready: 'main textarea' },
  { name: 'bots', path: '/bots', as: 'member' },
  { name: 'drama', path: '/bots/stove-league', as: 'member', ready: 'main textarea' },
  { name: 'profile', path: '/accounts/profile', as: 'member', ready: 'main section li' },
  { name: 'keys', path: '/keys', as: 'member', ready: 'main li' },
  { name: 'usage', path: '/usage', as: 'member', ready: '[data-usage-total]' },
  { name: 'forbidden', path: '/admin', as: 'member' },
  { name: 'missing', path: '/nowhere', as: 'member' },
  { name: 'builder', path: '/bots/planner/edit', as: 'administrator', ready: 'main textarea' },
  { name: 'admin-users', path: '/admin', as: 'administrator', ready: '[data-user]' },
  { name: 'admin-board', path: '/admin/board', as: 'administrator', ready: '[data-request]' },
  { name: 'admin-pages', path: '/admin/pages', as: 'administrator', ready: '[data-page]' },
  { name: 'admin-server', path: '/admin/server', as: 'administrator', ready: '[data-alias]' },
  { name: 'admin-audit', path: '/admin/audit', as: 'administrator', ready: 'main li, main tbody tr' },
  { name: 'admin-networks', path: '/admin/networks', as: 'administrator', ready: 'main li, main tbody tr' },
];

/** Goes to a screen and waits until it is drawn. */
export async function openScreen(page: Page, { path, ready = 'h1' }: Screen, made: Made): Promise<void> {
  await page.goto(typeof path === 'string' ? path : path(made));
  // Only the app's own has a name: what is painted before it is judged elsewhere.
  await page.locator('main#main').waitFor();
  await page.locator(ready).first().waitFor();
  await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
}
