import type { RunBody, Tool } from '#contracts/assistants.ts';
import { toSeconds } from './ids.ts';
import type { AssistantDocument, KeptResources } from './show-assistant.ts';
import type { RunRow, StepRow } from './runs.store.ts';
import type { KeptToolCall } from './run-state.store.ts';

/** What a run asks and how: the assistant's settings with what the run says otherwise. */
export interface RunDocument {
  model: string;
  instructions: string;
  tools: Tool[];
  tool_resources: KeptResources;
  temperature: number | null;
  top_p: number | null;
  response_format: unknown;
  reasoning_effort: string | null;
  truncation_strategy: { type: 'auto' | 'last_messages'; last_messages: number | null };
  max_prompt_tokens: number | null;
  max_completion_tokens: number | null;
  tool_choice: unknown;
  parallel_tool_calls: boolean;
  /** Somebody limits money or tokens: an answer without a maximum gets one. */
  limited: boolean;
}

type Overrides = Omit<RunBody, 'additional_messages'>;
type Surroundings = Pick<RunDocument, 'tool_resources' | 'limited'>;

export function runDocument(assistant: AssistantDocument, body: Overrides, around: Surroundings): RunDocument {
  const instructions = [body.instructions ?? assistant.instructions, body.additional_instructions];
  return {
    model: body.model ?? assistant.model,
    instructions: instructions.filter(Boolean).join('\n'),
    tools: body.tools ?? assistant.tools,
    temperature: body.temperature ?? assistant.temperature,
    top_p: body.top_p ?? assistant.top_p,
    response_format: body.response_format ?? assistant.response_format,
    reasoning_effort: body.reasoning_effort ?? assistant.reasoning_effort,
    truncation_strategy: { last_messages: null, type: 'auto', ...withoutNull(body.truncation_strategy) },
    max_prompt_tokens: body.max_prompt_tokens ?? null,
    max_completion_tokens: body.max_completion_tokens ?? null,
    tool_choice: body.tool_choice ?? 'auto',
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    ...around,
  };
}

function withoutNull(strategy: RunBody['truncation_strategy']) {
  return strategy ? { type: strategy.type, last_messages: strategy.last_messages ?? null } : {};
}

function usageOf(prompt: number, completion: number) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** A run as the wire has it: 27 fields. `waiting` is the step whose outputs it wants. */
export function showRun(run: RunRow, threadId: string, waiting?: StepRow) {
  const document = JSON.parse(run.document) as RunDocument;
  const at = (status: RunRow['status']) => (run.status === status ? toSeconds(run.ended_at) : null);
  return {
    id: run.public_id,
    object: 'thread.run',
    created_at: toSeconds(run.created_at),
    thread_id: threadId,
    assistant_id: run.assistant_id,
    status: run.status,
    required_action: run.status === 'requires_action' && waiting ? requiredAction(waiting) : null,
    last_error: run.last_error === null ? null : (JSON.parse(run.last_error) as object),
    expires_at: run.ended_at === null ? toSeconds(run.expires_at) : null,
    started_at: toSeconds(run.started_at),
    cancelled_at: at('cancelled'),
    failed_at: at('failed'),
    completed_at: at('completed'),
    incomplete_details: run.incomplete_reason === null ? null : { reason: run.incomplete_reason },
    model: document.model,
    instructions: document.instructions,
    tools: document.tools,
    metadata: JSON.parse(run.metadata) as object,
    usage: run.ended_at === null ? null : usageOf(run.prompt_tokens, run.completion_tokens),
    temperature: document.temperature ?? 1,
    top_p: document.top_p ?? 1,
    max_prompt_tokens: document.max_prompt_tokens,
    max_completion_tokens: document.max_completion_tokens,
    truncation_strategy: document.truncation_strategy,
    tool_choice: document.tool_choice,
    parallel_tool_calls: document.parallel_tool_calls,
    response_format: document.response_format ?? 'auto',
  };
}

function requiredAction(step: StepRow): object {
  const { tool_calls: calls } = JSON.parse(step.details) as { tool_calls: KeptToolCall[] };
  const functions = calls.filter(({ type }) => type === 'function');
  return {
    type: 'submit_tool_outputs',
    submit_tool_outputs: {
      tool_calls: functions.map(({ id, function: called }) => ({
        id,
        type: 'function',
        function: { name: called!.name, arguments: called!.arguments },
      })),
    },
  };
}

interface SearchCall {
  results?: { content?: object[] }[];
}

/** The details of a step; what a search has found is shown where it is asked for. */
function showDetails(text: string, withContent: boolean): object {
  const details = JSON.parse(text) as { type: string; tool_calls?: KeptToolCall[] };
  if (withContent || !details.tool_calls) return details;
  const calls = details.tool_calls.map((call) => {
    const { results, ...search } = (call.file_search ?? {}) as SearchCall;
    if (!results) return call;
    return { ...call, file_search: { ...search, results: results.map(({ content: _text, ...result }) => result) } };
  });
  return { ...details, tool_calls: calls };
}

/** A step as the wire has it: 16 fields. */
export function showStep(step: StepRow, run: RunRow, threadId: string, withContent = false) {
  const at = (status: StepRow['status']) => (step.status === status ? toSeconds(step.ended_at) : null);
  return {
    id: step.public_id,
    object: 'thread.run.step',
    created_at: toSeconds(step.created_at),
    run_id: run.public_id,
    assistant_id: run.assistant_id,
    thread_id: threadId,
    type: step.kind,
    status: step.status,
    cancelled_at: at('cancelled'),
    completed_at: at('completed'),
    expired_at: at('expired'),
    failed_at: at('failed'),
    last_error: step.last_error === null ? null : (JSON.parse(step.last_error) as object),
    step_details: showDetails(step.details, withContent),
    metadata: {},
    usage: step.prompt_tokens === null ? null : usageOf(step.prompt_tokens, step.completion_tokens ?? 0),
  };
}
