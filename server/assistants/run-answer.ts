import { ModelText } from '../upstream/model-text.ts';

/** A call of a tool while it grows. */
export interface ToolDraft {
  id: string;
  name: string;
  arguments: string;
}

export interface AnswerUsage {
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
}

/** One piece of an answer, in the order it came. */
export type Piece =
  | { kind: 'text'; text: string }
  /** `fresh`: the call begins with it. */
  | { kind: 'tool'; index: number; fresh: boolean; name: string; arguments: string };

interface Part {
  content?: unknown;
  refusal?: unknown;
  tool_calls?: { index?: number; id?: string; function?: { name?: string; arguments?: string } }[];
}

interface Completion {
  model?: unknown;
  usage?: {
    prompt_tokens?: number;
    completion_tokens?: number;
    prompt_tokens_details?: { cached_tokens?: number } | null;
  } | null;
  choices?: { delta?: Part; message?: Part; finish_reason?: unknown }[] | null;
}

/** Reads one answer of `chat/completions`, streamed or whole. */
export class RunAnswer {
  text = '';
  model = '';
  finishReason = '';
  usage: AnswerUsage | undefined;
  readonly tools: ToolDraft[] = [];
  readonly #newId: () => string;
  readonly #clean = new ModelText();
  /** Providers number their calls as they like. */
  readonly #places = new Map<number, number>();

  constructor(newId: () => string) {
    this.#newId = newId;
  }

  /** Something came that its reader can use. */
  get begun(): boolean {
    return this.text !== '' || this.tools.length > 0;
  }

  /** Everything that counts as tokens of it. */
  get said(): string {
    return this.text + this.tools.map((tool) => tool.name + tool.arguments).join('');
  }

  take(data: Record<string, unknown>): Piece[] {
    const { model, usage, choices } = data as Completion;
    if (typeof model === 'string' && model !== '') this.model = model;
    if (typeof usage?.prompt_tokens === 'number' && typeof usage.completion_tokens === 'number') {
      this.usage = {
        promptTokens: usage.prompt_tokens,
        completionTokens: usage.completion_tokens,
        cachedTokens: Math.min(usage.prompt_tokens_details?.cached_tokens ?? 0, usage.prompt_tokens),
      };
    }
    const choice = choices?.[0];
    if (!choice) return [];
    if (typeof choice.finish_reason === 'string') this.finishReason = choice.finish_reason;
    const part = choice.delta ?? choice.message ?? {};
    const said = this.#say(part.content ?? part.refusal);
    const called = (part.tool_calls ?? []).map((call, index) => this.#call(call, call.index ?? index));
    return [...said, ...called];
  }

  /** What was held back for a second half of a character. */
  end(): Piece[] {
    const text = this.#clean.end();
    this.text += text;
    return text === '' ? [] : [{ kind: 'text', text }];
  }

  #say(content: unknown): Piece[] {
    if (typeof content !== 'string' || content === '') return [];
    const text = this.#clean.push(content);
    this.text += text;
    return text === '' ? [] : [{ kind: 'text', text }];
  }

  #call(call: NonNullable<Part['tool_calls']>[number], number: number): Piece {
    const known = this.#places.get(number);
    const index = known ?? this.tools.length;
    if (known === undefined) {
      this.#places.set(number, index);
      this.tools.push({ id: call.id || this.#newId(), name: '', arguments: '' });
    }
    const draft = this.tools[index]!;
    const clean = (text: string | undefined) => (text ?? '').replaceAll('\u0000', '\uFFFD');
    const [name, args] = [clean(call.function?.name), clean(call.function?.arguments)];
    draft.name += name;
    draft.arguments += args;
    return { kind: 'tool', index, fresh: known === undefined, name, arguments: args };
  }
}
