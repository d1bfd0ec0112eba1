import type { Usage } from '../upstream/upstream.ts';

interface Frame {
  id: string;
  /** The id of the one message in it. */
  item: string;
}

function part(text: string): object {
  return { type: 'output_text', text, annotations: [] };
}

function message(frame: Frame, status: string, text: string | null): object {
  return {
    id: frame.item,
    type: 'message',
    role: 'assistant',
    status,
    content: text === null ? [] : [part(text)],
  };
}

/** A response object of the demo model. */
export function responseObject(frame: Frame, status: string, text: string | null, usage: Usage | null): object {
  return {
    id: frame.id,
    object: 'response',
    created_at: Math.floor(Date.now() / 1_000),
    status,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model: 'demo',
    output: text === null ? [] : [message(frame, 'completed', text)],
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    previous_response_id: null,
    usage: usage && {
      input_tokens: usage.promptTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.completionTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.promptTokens + usage.completionTokens,
    },
  };
}

/** The events of a streamed response, numbered in their order. */
export function responseEvents(frame: Frame, send: (type: string, data: object) => void) {
  let number = 0;
  let text = '';
  const emit = (type: string, data: object) => {
    send(type, { ...data, sequence_number: number });
    number += 1;
  };
  const place = { item_id: frame.item, output_index: 0, content_index: 0 };
  return {
    start: () => {
      emit('response.created', { response: responseObject(frame, 'in_progress', null, null) });
      emit('response.in_progress', { response: responseObject(frame, 'in_progress', null, null) });
      emit('response.output_item.added', { output_index: 0, item: message(frame, 'in_progress', null) });
      emit('response.content_part.added', { ...place, part: part('') });
    },
    delta: (delta: string) => {
      text += delta;
      emit('response.output_text.delta', { ...place, delta, logprobs: [] });
    },
    end: (usage: Usage) => {
      emit('response.output_text.done', { ...place, text, logprobs: [] });
      emit('response.content_part.done', { ...place, part: part(text) });
      emit('response.output_item.done', { output_index: 0, item: message(frame, 'completed', text) });
      emit('response.completed', { response: responseObject(frame, 'completed', text, usage) });
    },
  };
}
