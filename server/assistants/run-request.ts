import { isReasoningModel } from '../upstream/reasoning-models.ts';
import type { AssistantParts } from './parts.ts';
import { readConversation, type AskedMessage } from './run-conversation.ts';
import type { RunDocument } from './run-document.ts';
import { TokensUsedUp } from './run-failure.ts';
import type { RunRow } from './runs.store.ts';
import { askedChoice, askedTools } from './search-tool.ts';

/** What is kept free for the answer where nobody says how long it may be. */
const ROOM_FOR_ANSWER = 4_096;

interface Asking {
  run: RunRow;
  document: RunDocument;
  model: string;
  /** The run has called a tool before. */
  called: boolean;
}

/** What a call of a run asks `chat/completions`. Throws `TokensUsedUp`. */
export async function runRequest(parts: AssistantParts, asking: Asking): Promise<object> {
  const { run, document, model } = asking;
  const maximum = longestAnswer(parts, run, document);
  if (maximum !== undefined && maximum <= 0) throw new TokensUsedUp('max_completion_tokens');
  const messages = await messagesOf(parts, asking, maximum);
  const tools = askedTools(document);
  const reasoning = isReasoningModel(model);
  return {
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
    ...(tools.length > 0
      ? {
          tools,
          tool_choice: choiceOf(asking),
          ...(document.parallel_tool_calls ? {} : { parallel_tool_calls: false }),
        }
      : {}),
    ...(document.response_format && document.response_format !== 'auto'
      ? { response_format: document.response_format }
      : {}),
    ...(reasoning || document.temperature === null ? {} : { temperature: document.temperature }),
    ...(reasoning || document.top_p === null ? {} : { top_p: document.top_p }),
    ...(document.reasoning_effort === null ? {} : { reasoning_effort: document.reasoning_effort }),
    ...(maximum === undefined ? {} : { [parts.models.maxima(model)[0]!]: maximum }),
  };
}

function longestAnswer({ config }: AssistantParts, run: RunRow, document: RunDocument): number | undefined {
  const { max_completion_tokens: maximum, limited } = document;
  if (maximum !== null) return maximum - run.completion_tokens;
  return limited ? config.GATEWAY_MAX_TOKENS : undefined;
}

async function messagesOf(
  { database, models }: AssistantParts,
  { run, document, model }: Asking,
  maximum: number | undefined,
): Promise<AskedMessage[]> {
  const window = (await models.contextWindow(model)) ?? Number.MAX_SAFE_INTEGER;
  // However long the answer may be, something can be asked.
  const room = Math.min(maximum ?? ROOM_FOR_ANSWER, Math.floor(window / 2));
  const promptLeft = (document.max_prompt_tokens ?? Number.MAX_SAFE_INTEGER) - run.prompt_tokens;
  const messages = await readConversation(database.read, run, document, Math.min(promptLeft, window - room));
  if (!messages) throw new TokensUsedUp('max_prompt_tokens');
  return messages;
}

/** A forced tool is forced once: asked again with its outputs, the model is to answer. */
function choiceOf({ document: { tool_choice: choice }, called }: Asking): unknown {
  const forced = choice === 'required' || typeof choice === 'object';
  return forced && called ? 'auto' : askedChoice(choice);
}
