import type { Session, SessionPrompt } from '#contracts/sessions.ts';

const headings: Record<SessionPrompt['kind'], string> = {
  question: '질문',
  current_state: '현재 상태',
  goal: '목표',
  misc: '그 밖의 조건',
};

/** A line of its own that no text of the conversation can be taken for a heading of. */
function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');
}

/** The branch that is shown, as Markdown: questions as quotations, answers as they were written. */
export function toMarkdown(session: Session): string {
  const parts = [`# ${session.title.replace(/\n/g, ' ')}`, `- ${session.bot} · ${session.created_at}`];
  for (const prompt of session.prompts) {
    parts.push(`## ${headings[prompt.kind]}`, quoted(prompt.content));
    const reply = prompt.replies.find(({ id }) => id === prompt.chosen);
    if (reply) parts.push(`### 답변${reply.model ? ` (${reply.model})` : ''}`, reply.content);
  }
  return `${parts.join('\n\n')}\n`;
}
