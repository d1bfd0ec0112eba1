const ko = {
  code: '코드 살펴보기',
  'code.text': '이 코드가 무엇을 하는지 설명하고 고칠 점을 알려 주세요.\n\n',
  explain: '쉽게 설명하기',
  'explain.text': '다음 개념을 처음 배우는 사람도 이해할 수 있게 예를 들어 설명해 주세요: ',
  label: '이런 것부터 물어볼 수 있어요',
  plan: '계획 세우기',
  'plan.text': '이번 주에 할 수 있는 계획을 요일별로 세워 주세요. 목표는 ',
  write: '글 다듬기',
  'write.text': '아래 글을 뜻은 그대로 두고 자연스럽게 다듬어 주세요.\n\n',
};
const en: typeof ko = {
  code: 'Review code',
  'code.text': 'Explain what this code does and what could be better.\n\n',
  explain: 'Explain simply',
  'explain.text': 'Explain this to somebody who hears of it for the first time, with an example: ',
  label: 'Ways to start',
  plan: 'Make a plan',
  'plan.text': 'Make me a plan for this week, day by day. My goal is ',
  write: 'Polish a text',
  'write.text': 'Make this text read naturally without changing what it says.\n\n',
};
export const starterTexts = { ko, en };
