/**
 * The shapes of realtime's beta (`OpenAI-Beta: realtime=v1`), which its provider has ended, from and to those of
 * today: https://developers.openai.com/api/docs/guides/realtime#beta-to-ga-migration.
 */
type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isFields(value) ? value : {});

/** What is set, without what is not. */
function known(entries: Fields): Fields {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

const formats: Record<string, object> = {
  pcm16: { type: 'audio/pcm', rate: 24_000 },
  g711_ulaw: { type: 'audio/pcmu' },
  g711_alaw: { type: 'audio/pcma' },
};

function toFormat(name: unknown): unknown {
  return typeof name === 'string' ? (formats[name] ?? name) : undefined;
}

function fromFormat(format: unknown): unknown {
  const { type } = fields(format);
  return Object.keys(formats).find((name) => (formats[name] as { type: string }).type === type);
}

/** Audio comes with its transcript: today's `audio` is what the beta called `text` and `audio`. */
const toModalities = (value: unknown) =>
  Array.isArray(value) ? [value.includes('audio') ? 'audio' : 'text'] : undefined;
const fromModalities = (value: unknown) =>
  Array.isArray(value) ? (value.includes('audio') ? ['audio', 'text'] : ['text']) : undefined;

/** A session or a response as it is asked for. What the beta had and nobody takes any more, such as `temperature`, goes. */
export function toToday(beta: Fields): Fields {
  const {
    modalities,
    voice,
    speed,
    input_audio_format: inputFormat,
    output_audio_format: outputFormat,
    input_audio_transcription: transcription,
    input_audio_noise_reduction: noise,
    turn_detection: turns,
    max_response_output_tokens: maximum,
    temperature: _ended,
    ...rest
  } = beta;
  const input = known({ format: toFormat(inputFormat), transcription, noise_reduction: noise, turn_detection: turns });
  const output = known({ format: toFormat(outputFormat), voice, speed });
  const audio = known({
    input: Object.keys(input).length > 0 ? input : undefined,
    output: Object.keys(output).length > 0 ? output : undefined,
  });
  return known({
    ...rest,
    output_modalities: toModalities(modalities) ?? rest.output_modalities,
    max_output_tokens: maximum ?? rest.max_output_tokens,
    audio: Object.keys(audio).length > 0 ? audio : rest.audio,
  });
}

function fromToday(today: Fields): Fields {
  const { type: _type, output_modalities: modalities, audio, max_output_tokens: maximum, ...rest } = today;
  const { input, output } = fields(audio);
  const [heard, said] = [fields(input), fields(output)];
  return known({
    ...rest,
    modalities: fromModalities(modalities),
    max_response_output_tokens: maximum,
    voice: said.voice,
    speed: said.speed,
    output_audio_format: fromFormat(said.format),
    input_audio_format: fromFormat(heard.format),
    input_audio_transcription: heard.transcription,
    input_audio_noise_reduction: heard.noise_reduction,
    turn_detection: heard.turn_detection,
  });
}

/** The parts of an item under other names: what an assistant says was `text` and `audio`. */
function renameParts(item: unknown, rename: (part: Fields, role: unknown) => Fields): unknown {
  if (!isFields(item) || !Array.isArray(item.content)) return item;
  return { ...item, content: item.content.map((part) => (isFields(part) ? rename(part, item.role) : part)) };
}

const toPart = (part: Fields, role: unknown) =>
  role === 'assistant' && (part.type === 'text' || part.type === 'audio')
    ? { ...part, type: `output_${part.type}` }
    : part;
const fromPart = (part: Fields) =>
  part.type === 'output_text' || part.type === 'output_audio' ? { ...part, type: String(part.type).slice(7) } : part;

/** What a client of the beta says, as the provider takes it today. */
export function clientEventToToday(event: Fields): Fields {
  const { session, response, item } = event;
  return known({
    ...event,
    session: isFields(session) ? { type: 'realtime', ...toToday(session) } : session,
    response: isFields(response) ? toToday(response) : response,
    item: renameParts(item, toPart),
  });
}

const betaNames: Record<string, string> = {
  'response.output_text.delta': 'response.text.delta',
  'response.output_text.done': 'response.text.done',
  'response.output_audio.delta': 'response.audio.delta',
  'response.output_audio.done': 'response.audio.done',
  'response.output_audio_transcript.delta': 'response.audio_transcript.delta',
  'response.output_audio_transcript.done': 'response.audio_transcript.done',
  'conversation.item.added': 'conversation.item.created',
};

/** What the provider says today, as a client of the beta knows it; undefined for what the beta did not have. */
export function serverEventFromToday(event: Fields): Fields | undefined {
  const type = String(event.type);
  if (type === 'conversation.item.done') return undefined;
  const { session, response, item, part } = event;
  return known({
    ...event,
    type: betaNames[type] ?? type,
    session: isFields(session) ? fromToday(session) : session,
    response: isFields(response) ? responseFromToday(response) : response,
    item: renameParts(item, fromPart),
    part: isFields(part) ? fromPart(part) : part,
  });
}

function responseFromToday(response: Fields): Fields {
  const { output } = response;
  const items = Array.isArray(output) ? output.map((item) => renameParts(item, fromPart)) : output;
  const shown = fromToday({ ...response, output: items });
  // In a response the beta had the maximum under today's name, beside the other one.
  return known({ ...shown, max_output_tokens: response.max_output_tokens, max_response_output_tokens: undefined });
}
