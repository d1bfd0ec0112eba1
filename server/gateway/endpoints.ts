import { isReasoningModel } from '../upstream/reasoning-models.ts';
import { ChatAnswer, TypedAnswer } from './answer-reader.ts';

/** One endpoint below /v1 that asks a model with a JSON body. */
export interface Endpoint {
  name: string;
  units: 0 | 1;
  reader: typeof ChatAnswer | typeof TypedAnswer;
  /** Members that hold the longest answer, in tokens; the first is the one that is added. */
  maxima: (model: string) => string[];
  /** It writes text, and takes no member that bounds it: the usual maximum is set aside all the same. */
  unbounded?: true;
  /** Streams only say what they used when they are asked to. */
  usageIsAsked: boolean;
  /** The demo model answers it. */
  demo: boolean;
}

const none = () => [];

export const endpoints = {
  chat: {
    name: 'chat/completions',
    units: 1,
    reader: ChatAnswer,
    maxima: (model) =>
      isReasoningModel(model) ? ['max_completion_tokens', 'max_tokens'] : ['max_tokens', 'max_completion_tokens'],
    usageIsAsked: true,
    demo: true,
  },
  completions: {
    name: 'completions',
    units: 1,
    reader: ChatAnswer,
    maxima: () => ['max_tokens'],
    usageIsAsked: true,
    demo: true,
  },
  responses: {
    name: 'responses',
    units: 1,
    reader: TypedAnswer,
    maxima: () => ['max_output_tokens'],
    usageIsAsked: false,
    demo: true,
  },
  compact: {
    name: 'responses/compact',
    units: 1,
    reader: TypedAnswer,
    maxima: none,
    unbounded: true,
    usageIsAsked: false,
    demo: false,
  },
  inputTokens: {
    name: 'responses/input_tokens',
    units: 0,
    reader: TypedAnswer,
    maxima: none,
    usageIsAsked: false,
    demo: false,
  },
  embeddings: { name: 'embeddings', units: 1, reader: TypedAnswer, maxima: none, usageIsAsked: false, demo: true },
  moderations: { name: 'moderations', units: 0, reader: TypedAnswer, maxima: none, usageIsAsked: false, demo: false },
  images: { name: 'images/generations', units: 1, reader: TypedAnswer, maxima: none, usageIsAsked: false, demo: false },
  speech: { name: 'audio/speech', units: 1, reader: TypedAnswer, maxima: none, usageIsAsked: false, demo: false },
} satisfies Record<string, Endpoint>;
