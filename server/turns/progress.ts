import type { StreamLog } from '../streams/stream-log.ts';
import { saveProgress, type ProgressArgs } from './generation.store.ts';
import type { GenerationParts, GenerationPlan } from './generation.ts';

/** The reply that a growing answer was saved to. */
export interface SavedReply {
  id: number;
  createdAt: number;
}

export interface Progress {
  model: string;
  /** Says that so many units of text have come. */
  grow(units: number): void;
  /** Saves no more; waits for what is being saved, and gives the reply it went to. */
  finish(): Promise<SavedReply | null>;
}

const SAVE_EVERY_MS = 1_000;
const SAVE_EVERY_UNITS = 1_024;

/** Saves the text while it grows: after a second or a kilobyte, one save at a time. */
export function trackProgress(plan: GenerationPlan, parts: GenerationParts, log: StreamLog): Progress {
  let saved: SavedReply | null = null;
  let unsaved = 0;
  let saving: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let finished = false;

  async function save(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    unsaved = 0;
    const { id: generationId, promptId, sessionId, userId } = plan;
    const place = { generationId, promptId, sessionId, userId, replyId: saved?.id ?? null };
    const { regenerates } = plan;
    const args: ProgressArgs = { ...place, text: log.text, model: progress.model, regenerates, now: parts.clock() };
    try {
      const replyId = await parts.database.write(saveProgress, args);
      if (replyId !== null) saved ??= { id: replyId, createdAt: args.now };
    } catch (error) {
      // The end is stored with the whole text; a save in between may fail.
      parts.logger.warn({ err: error, generation: plan.id }, 'an answer could not be saved in between');
    }
    saving = undefined;
    if (unsaved > 0) schedule();
  }

  function schedule(): void {
    if (saving || finished) return;
    if (unsaved >= SAVE_EVERY_UNITS) saving = save();
    else timer ??= setTimeout(() => (saving ??= save()), SAVE_EVERY_MS);
  }

  const progress: Progress = {
    model: '',
    grow: (units) => {
      unsaved += units;
      schedule();
    },
    finish: async () => {
      finished = true;
      clearTimeout(timer);
      await saving;
      return saved;
    },
  };
  return progress;
}
