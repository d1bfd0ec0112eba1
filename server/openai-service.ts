/**
 * Daesa from a program, without HTTP: the same models, ledger and stored conversations, in this process.
 * docs/openai-service.md has an example.
 */
import { createAsking } from './asking.ts';
import { readConfig } from './config.ts';
import { createContext, type Context } from './context.ts';
import { Problem } from './errors.ts';
import { keepProgramUser, readSpent } from './program.store.ts';
import { copySnapshot } from './sessions/snapshots.store.ts';
import { deleteSession, readMessages, readSession } from './sessions/sessions.store.ts';
import { branchOf } from './sessions/show-session.ts';
import { ask } from './turns/ask.ts';
import { outcomeOf, type Generation, type Outcome } from './turns/generation.ts';
import { titleOf } from './turns/title-text.ts';

export interface Message {
  role: 'user' | 'assistant';
  content: string;
}

export interface ChatOptions {
  model?: string;
  /** 0–2 */
  temperature?: number;
  /** The longest answer, in tokens. */
  maxTokens?: number;
  /** For a new conversation only. */
  systemPrompt?: string;
}

export interface ChatAnswer {
  /** The conversation that this is a turn of: what `chatWithHistory` goes on with. */
  conversationId: number;
  content: string;
  model: string;
  finishReason: string | null;
  usage: { promptTokens: number; completionTokens: number; totalTokens: number };
}

export interface Conversation {
  id: number;
  title: string;
  messages: Message[];
}

export interface ConversationSummary {
  id: number;
  title: string;
  messages: { total: number; user: number; assistant: number };
  tokens: { prompt: number; completion: number; total: number };
  /** US dollars; null where the price of an answer is unknown. */
  cost: number | null;
  firstAt: Date | null;
  lastAt: Date | null;
}

/** Settings by their names in the environment (DATA_DIR, OPENAI_API_KEY …); `process.env` where left out. */
export type Settings = Record<string, string | undefined>;

export class OpenAIService {
  readonly #context: Context;
  readonly #userId: number;

  private constructor(context: Context, userId: number) {
    this.#context = context;
    this.#userId = userId;
  }

  /** Opens the store and finds the provider. One process at a time may have an embedded store open. */
  static async open(settings: Settings = process.env): Promise<OpenAIService> {
    const context = await createContext(readConfig({ LOG_LEVEL: 'warn', ...settings }));
    await context.begun;
    const userId = await context.database.write(keepProgramUser, { now: context.clock() });
    return new OpenAIService(context, userId);
  }

  /** Asks in a new conversation. Throws a `Problem` whose `code` says what went wrong. */
  async chat(message: string, options: ChatOptions = {}): Promise<ChatAnswer> {
    return answerOf(await this.#start(undefined, message, options));
  }

  /** The same, piece by piece; what it gives back at its end is the whole answer. Leaving the loop stops the model. */
  async *chatStream(message: string, options: ChatOptions = {}): AsyncGenerator<string, ChatAnswer> {
    return yield* pieces(await this.#start(undefined, message, options));
  }

  /** Asks with everything that was said before in a conversation. Throws `not_found`. */
  async chatWithHistory(conversationId: number, message: string, options: ChatOptions = {}): Promise<ChatAnswer> {
    return answerOf(await this.#start(conversationId, message, options));
  }

  async *chatStreamWithHistory(
    conversationId: number,
    message: string,
    options: ChatOptions = {},
  ): AsyncGenerator<string, ChatAnswer> {
    return yield* pieces(await this.#start(conversationId, message, options));
  }

  /** A title by the model; the beginning of the first message with the demo model, or where a title was given. */
  async generateTitle(conversationId: number): Promise<string> {
    await this.#require(conversationId);
    return this.#context.titles.write(conversationId, this.#userId);
  }

  /** Stores messages as a conversation of its own; gives its id. They begin with one of the user. */
  async saveConversation(messages: Message[], title?: string): Promise<number> {
    const { database, clock } = this.#context;
    const at = new Date(clock()).toISOString();
    const turns = turnsOf(messages, at);
    const named = {
      title: title ?? titleOf(messages[0]?.content ?? ''),
      titledBy: title === undefined ? ('message' as const) : ('user' as const),
    };
    return database.write(copySnapshot, { ...named, bot: 'free', turns, userId: this.#userId, now: clock() });
  }

  /** The messages of a conversation, as they would be sent. Throws `not_found`. */
  async loadConversation(conversationId: number): Promise<Conversation> {
    const session = await this.#require(conversationId);
    const rows = await readMessages(this.#context.database.read, conversationId);
    const replies = new Map(rows.filter(({ chosen }) => chosen === 1).map((row) => [row.parent_id, row.content]));
    const messages = branchOf(rows, session.head_id).flatMap(({ id, content }): Message[] => {
      const reply = replies.get(id);
      const prompt = { role: 'user' as const, content };
      return reply === undefined ? [prompt] : [prompt, { role: 'assistant', content: reply }];
    });
    return { id: conversationId, title: session.title, messages };
  }

  /** Deletes a conversation. Throws `not_found`. */
  async clearConversation(conversationId: number): Promise<void> {
    const { database, clock } = this.#context;
    const args = { id: conversationId, userId: this.#userId, now: clock() };
    if (!(await database.write(deleteSession, args))) throw new Problem('not_found');
  }

  /** Counts, tokens, cost, and the first and last time of a conversation. Throws `not_found`. */
  async getConversationSummary(conversationId: number): Promise<ConversationSummary> {
    const session = await this.#require(conversationId);
    const { read } = this.#context.database;
    const [rows, spent] = await Promise.all([readMessages(read, conversationId), readSpent(read, conversationId)]);
    const { promptTokens: prompt, completionTokens: completion, cost } = spent;
    const user = rows.filter(({ role }) => role === 'user').length;
    const [first, last] = [rows.at(0), rows.at(-1)];
    return {
      id: conversationId,
      title: session.title,
      messages: { total: rows.length, user, assistant: rows.length - user },
      tokens: { prompt, completion, total: prompt + completion },
      cost: cost === null ? null : cost / 1e9,
      firstAt: first ? new Date(first.created_at) : null,
      lastAt: last ? new Date(last.created_at) : null,
    };
  }

  /** Lets running answers end as interrupted, and closes the store. */
  async close(): Promise<void> {
    await this.#context.close();
  }

  async #start(conversationId: number | undefined, message: string, options: ChatOptions): Promise<Generation> {
    const { model, temperature, maxTokens: max_tokens, systemPrompt: system_prompt } = options;
    if (message.trim() === '') throw new Problem('invalid', 'The message is blank.');
    const body = { content: message, session_id: conversationId, model, temperature, max_tokens, system_prompt };
    const asked = await ask(createAsking(this.#context), { id: this.#userId, idempotency: null, waits: true }, body);
    if ('repeats' in asked) throw new Problem('internal');
    return asked.generation;
  }

  async #require(conversationId: number) {
    const { read } = this.#context.database;
    const session = await readSession(read, { id: conversationId, readerId: this.#userId });
    if (!session || session.user_id !== this.#userId) throw new Problem('not_found');
    return session;
  }
}

async function answerOf(generation: Generation): Promise<ChatAnswer> {
  return show(generation, await outcomeOf(generation));
}

function show({ plan }: Generation, { problem, text, model, finishReason, usage }: Outcome): ChatAnswer {
  if (problem) throw problem;
  const { promptTokens, completionTokens } = usage;
  return {
    conversationId: plan.sessionId,
    content: text,
    model,
    finishReason,
    usage: { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens },
  };
}

async function* pieces(generation: Generation): AsyncGenerator<string, ChatAnswer> {
  const { log } = generation;
  const reader = log.join();
  let at = 0;
  try {
    for (;;) {
      await reader.past(at);
      const content = log.from(at);
      if (content === '' && log.closed) break;
      at += content.length;
      if (content !== '') yield content;
    }
    return await answerOf(generation);
  } finally {
    generation.stop('stopped');
  }
}

/** Messages in pairs of a prompt and its reply. */
function turnsOf(messages: Message[], at: string) {
  const turns: Parameters<typeof copySnapshot>[1]['turns'] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (role === 'user') turns.push({ kind: 'question', content, created_at: at, reply: null });
    else if (last && last.reply === null) last.reply = { content, model: null, created_at: at };
    else throw new Problem('invalid', 'An answer follows a message of the user.');
  }
  return turns;
}
