import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { accountKeys, cachedProfile } from '../accounts/account-queries.ts';
import type { Session } from '#contracts/sessions.ts';
import { drafts, type DraftOwner } from '../lib/drafts.ts';
import { takeGiven } from '../lib/given.ts';
import { sessionKeys } from '../sessions/session-queries.ts';
import { chatCalls } from './chat-calls.ts';
import { createDrawPace } from './draw-pace.ts';
import { messageOf, readDraft } from './message-draft.ts';
import { Thread, type ThreadHost } from './thread.ts';

/** How many conversations are remembered besides those being written. */
const MOST = 20;

/** The conversations of this visit: one that was opened before is there at once, and the new one is one only. */
class Threads {
  readonly #byId = new Map<number, Thread>();
  readonly #host: ThreadHost;
  #fresh: Thread | undefined;

  constructor(queries: QueryClient) {
    this.#host = {
      onAccepted: (thread, question) => {
        const place = thread.read().sessionId ?? 'new';
        const owner = draftOwner(queries);
        if (messageOf(readDraft(drafts.read(owner, place))).trim() === question.trim()) drafts.clear(owner, place);
      },
      onOpened: (thread, sessionId) => {
        this.#byId.set(sessionId, thread);
        if (this.#fresh === thread) this.#fresh = undefined;
        moveDraft(draftOwner(queries), sessionId);
        void queries.invalidateQueries({ queryKey: sessionKeys.all });
      },
      onSettled: () => {
        void queries.invalidateQueries({ queryKey: accountKeys.profile });
        void queries.invalidateQueries({ queryKey: sessionKeys.all });
      },
      schedule: createDrawPace(),
    };
  }

  /** The conversation that has no message yet. */
  fresh(): Thread {
    this.#fresh ??= new Thread(chatCalls, this.#host);
    return this.#fresh;
  }

  open(sessionId: number): Thread {
    const known = this.#byId.get(sessionId);
    const thread = known ?? new Thread(chatCalls, this.#host, sessionId, takeGiven<Session>(`/sessions/${sessionId}`));
    // The most recent one stands last.
    this.#byId.delete(sessionId);
    this.#byId.set(sessionId, thread);
    this.#forgetOld();
    return thread;
  }

  forget(sessionId: number): void {
    this.#byId.get(sessionId)?.close();
    this.#byId.delete(sessionId);
  }

  #forgetOld(): void {
    for (const [id, thread] of this.#byId) {
      if (this.#byId.size <= MOST) return;
      if (!thread.underWay) this.forget(id);
    }
  }
}

const byClient = new WeakMap<QueryClient, Threads>();

/** The conversations that go with a client of the API. */
export function useThreads(): Threads {
  const queries = useQueryClient();
  const threads = byClient.get(queries) ?? new Threads(queries);
  byClient.set(queries, threads);
  return threads;
}

function draftOwner(queries: QueryClient): DraftOwner {
  return cachedProfile(queries)?.id ?? 'guest';
}

/** What was typed while the first answer came belongs to the conversation that it opened. */
function moveDraft(owner: DraftOwner, sessionId: number): void {
  const text = drafts.read(owner, 'new');
  if (!text) return;
  drafts.save(owner, sessionId, text);
  drafts.clear(owner, 'new');
}
