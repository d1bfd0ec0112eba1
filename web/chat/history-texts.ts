const ko = {
  failed: '대화 목록을 불러오지 못했어요.',
  more: '더 보기',
  moreFailed: '이어지는 목록을 불러오지 못했어요.',
  noResult: '‘{query}’에 맞는 대화가 없어요',
  noResultNote: '한글은 두 글자, 영문은 세 글자부터 찾을 수 있어요.',
  pinned: '고정한 대화',
  search: '제목과 내용에서 찾기',
  select: '여러 개 고르기',
  choose: '고르기: {title}',
  chosen: '{n}개를 골랐어요',
  all: '모두 고르기',
};
const en: typeof ko = {
  failed: "Couldn't load your chats.",
  more: 'Show more',
  moreFailed: "Couldn't load the rest of the list.",
  noResult: 'No chat matches “{query}”',
  noResultNote: 'Search takes two Korean syllables or three Latin letters and more.',
  pinned: 'Pinned',
  search: 'Search titles and messages',
  select: 'Select several',
  choose: 'Choose: {title}',
  chosen: '{n} chosen',
  all: 'Choose all',
};
export const historyTexts = { ko, en };
