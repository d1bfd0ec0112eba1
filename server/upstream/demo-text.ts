import type { ChatMessage } from './upstream.ts';

const hangul = /[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]/;
const graphemes = new Intl.Segmenter('ko', { granularity: 'grapheme' });

/** What the demo model says: in the asker's language, about what it was given, and about itself. */
export function demoAnswer(messages: readonly ChatMessage[]): string {
  const questions = messages.filter((message) => message.role === 'user').map((message) => message.content);
  const question = questions.at(-1) ?? '';
  const given: Given = {
    question: shorten(question, 80),
    earlier: questions.slice(0, -1).map((text) => shorten(text, 60)),
    instructed: messages.some((message) => message.role === 'system'),
    quote: closestQuote(messages, question),
  };
  return hangul.test(question) ? inKorean(given) : inEnglish(given);
}

interface Given {
  question: string;
  earlier: string[];
  instructed: boolean;
  quote: string | undefined;
}

function inKorean({ question, earlier, instructed, quote }: Given): string {
  const parts = [`반가워요! 이렇게 보내 주셨네요.\n\n> ${question}\n\n`];
  if (earlier.length > 0) {
    parts.push(
      `\n\n이번이 ${earlier.length + 1}번째 메시지이고, 앞서 들려주신 이야기도 잘 받았어요.\n\n${list(earlier)}\n\n`,
    );
  }
  if (instructed) parts.push('이 대화에 정해진 안내문도 함께 읽었어요.');
  if (quote) parts.push(`\n\n적용된 명대사 가운데 이 대사가 떠올라요.\n\n> ${quote}\n\n`);
  parts.push(
    '다만 저는 Daesa에 들어 있는 **데모 모델**이라 질문을 정말로 이해하고 답하지는 못해요.',
    '대화 저장과 스트리밍, 하루 사용량 같은 나머지 기능은 지금 그대로 써 보실 수 있어요.\n\n',
    '진짜 답변을 받으려면 서버에 `OPENAI_API_KEY`를 설정하거나,',
    'OpenAI 호환 서버의 주소를 `OPENAI_BASE_URL`에 넣고 다시 시작해 주세요.',
    '이 컴퓨터에서 Ollama가 실행 중이라면 자동으로 찾아 연결해 드려요.',
  );
  return join(parts);
}

function inEnglish({ question, earlier, instructed, quote }: Given): string {
  const parts = [`Hello! This is what reached me:\n\n> ${question}\n\n`];
  if (earlier.length > 0) {
    parts.push(
      `\n\nThis is message ${earlier.length + 1} of our conversation. Before it, you told me:\n\n${list(earlier)}\n\n`,
    );
  }
  if (instructed) parts.push('I have also read the instructions that come with this conversation.');
  if (quote) parts.push(`\n\nOf the quotes that were applied, this one comes to mind:\n\n> ${quote}\n\n`);
  parts.push(
    'I am the **demo model** built into Daesa, so I cannot really think about your question.',
    'Everything around me is real, though: saved conversations, streaming and the daily quota.\n\n',
    'To get true answers, set `OPENAI_API_KEY` on the server,',
    'or point `OPENAI_BASE_URL` to any OpenAI-compatible server, and start it again.',
    'If Ollama is running on this machine, I step aside by myself.',
  );
  return join(parts);
}

function list(texts: string[]): string {
  return texts
    .slice(-5)
    .map((text) => `- ${text}`)
    .join('\n');
}

/** Sentences with one space between them, none beside a paragraph's end. */
function join(parts: string[]): string {
  return parts
    .join(' ')
    .replace(/\s*\n\s*/g, (gap) => (gap.includes('\n\n') ? '\n\n' : '\n'))
    .trim();
}

function shorten(text: string, length: number): string {
  const line = text
    .slice(0, length * 20)
    .replace(/\s+/g, ' ')
    .trim()
    .toWellFormed();
  const letters = Array.from(graphemes.segment(line), ({ segment }) => segment);
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : line;
}

/** Of the system message's lines that are a quote (`- “…”`), the one that shares most with the question. */
function closestQuote(messages: readonly ChatMessage[], question: string): string | undefined {
  const system = messages.filter((message) => message.role === 'system').map((message) => message.content);
  const quotes = Array.from(system.join('\n').matchAll(/^\s*[-*>]\s*([“"].+)$/gm), ([, quote = '']) => quote);
  const asked = pairs(question);
  const shared = (quote: string) => [...pairs(quote)].filter((pair) => asked.has(pair)).length;
  const best = quotes.reduce((first, next) => (shared(next) > shared(first) ? next : first), quotes[0] ?? '');
  return best === '' ? undefined : shorten(best, 160);
}

function pairs(text: string): Set<string> {
  const letters = text.slice(0, 2000).replace(/[\s\p{P}]+/gu, '');
  return new Set(
    Array.from({ length: Math.max(0, letters.length - 1) }, (_, index) => letters.slice(index, index + 2)),
  );
}
