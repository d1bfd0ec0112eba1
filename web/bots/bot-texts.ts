import type { RouteTexts } from '../lib/route-texts.ts';

const ko = {
  title: '봇',
  lead: '하고 싶은 일에 맞는 봇을 골라 보세요.',
  failed: '봇을 불러오지 못했어요',
  empty: '아직 봇이 없어요',
  missing: '찾을 수 없는 봇이에요',
  all: '모든 봇 보기',
  start: '질문에 답하며 시작하기',
  starters: '이렇게 물어보세요',
  question: '질문',
  ask: '물어보기',
  login: '로그인하고 물어보기',
  isPublic: '이 봇과의 대화는 공개돼요. 누구나 공개 대화에서 읽을 수 있어요.',
  quotes: '반영된 대사 {n}개를 읽고 답해요',
  copyright: '대사의 저작권은 드라마 제작자에게 있어요. 짧게 인용해 보여 드려요.',
};
const en: typeof ko = {
  title: 'Bots',
  lead: 'Choose a bot for what you want to do.',
  failed: "Couldn't load the bots",
  empty: 'There are no bots yet',
  missing: 'There is no such bot',
  all: 'All bots',
  start: 'Start by answering questions',
  starters: 'Try asking',
  question: 'Question',
  ask: 'Ask',
  login: 'Log in and ask',
  isPublic: 'Conversations with this bot are public. Anyone can read them among the public chats.',
  quotes: 'Knows {n} lines from the request board',
  copyright: 'The lines belong to the makers of the drama. They are quoted briefly.',
};
export const botTexts: RouteTexts<keyof typeof ko> = { ko, en };
