import type { StreamEvent } from '#contracts/chat.ts';
import type { Mark, Session } from '#contracts/sessions.ts';
import { asProblem } from '../lib/api-client.ts';
import { createSendKey } from '../lib/send-key.ts';
import type { ChatCalls } from './chat-calls.ts';
import { isUnderWay, newTurn, type ShownTurn } from './shown-turn.ts';
import { storedView, unknownSession, type ThreadView } from './thread-view.ts';

/** What the rest of the app wants to know of a thread. */
export interface ThreadHost {
  /** The server has stored the message. */
  onAccepted(thread: Thread, question: string): void;
  /** A new conversation has got its id. */
  onOpened(thread: Thread, sessionId: number): void;
  /** An answer has ended, one way or another. */
  onSettled(thread: Thread): void;
  /** Draws the page while text comes; asked again only once that is drawn. */
  schedule(draw: () => void): void;
}

/**
 * One conversation, outside of what is on the screen: it goes on being written while another page is shown,
 * and is the same when one comes back.
 */
export class Thread {
  readonly key: string;
  readonly #calls: ChatCalls;
  readonly #host: ThreadHost;
  readonly #listeners = new Set<() => void>();
  readonly #end = new AbortController();
  readonly #retryKey = createSendKey();
  #view: ThreadView;
  #drawing = false;
  /** Is what the server would say now. */
  #given: boolean;

  constructor(calls: ChatCalls, host: ThreadHost, sessionId?: number, given?: Session) {
    this.key = crypto.randomUUID();
    this.#calls = calls;
    this.#host = host;
    this.#given = given !== undefined;
    const load = sessionId === undefined ? 'ready' : 'loading';
    const unknown: ThreadView = { ...unknownSession, sessionId, load, turns: [], refusal: undefined };
    this.#view = given ? { ...unknown, ...storedView(given, []) } : unknown;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): ThreadView => this.#view;

  get underWay(): ShownTurn | undefined {
    return this.#view.turns.findLast(isUnderWay);
  }

  /** Fetches what is stored, and rejoins the answer that is still being written. */
  async load(): Promise<void> {
    const { sessionId } = this.#view;
    if (this.#given) {
      this.#given = false;
      return this.#rejoin();
    }
    if (sessionId === undefined || this.underWay) return;
    if (this.#view.load !== 'ready') this.#change({ load: 'loading' });
    try {
      const session = await this.#calls.readSession(sessionId);
      // Something may have been asked while the answer was on its way.
      if (this.underWay) return;
      this.show(session);
    } catch (error) {
      const { status } = asProblem(error);
      if (status === 404) this.#change({ load: 'missing' });
      else if (this.#view.load !== 'ready') this.#change({ load: 'failed' });
    }
  }

  /** Shows the conversation as the server has it now. */
  show(session: Session): void {
    this.#retryKey.taken();
    this.#change(storedView(session, this.#view.turns));
    this.#rejoin();
  }

  /** Follows the answer that is still being written. */
  #rejoin(): void {
    const running = this.#view.turns.findLast(({ streamId }) => streamId !== undefined);
    if (running) void this.#follow(running.key, running.streamId!);
  }

  /** Asks. `key` of a refused message makes sure that it is asked once at most. */
  send(question: string, key: string = crypto.randomUUID()): void {
    if (this.underWay) return;
    const turn = newTurn(key, question, Date.now());
    this.#change({ turns: [...this.#view.turns, turn], refusal: undefined });
    void this.#ask(turn);
  }

  async #ask(turn: ShownTurn): Promise<void> {
    const { sessionId } = this.#view;
    try {
      const body =
        sessionId === undefined ? { content: turn.question } : { content: turn.question, session_id: sessionId };
      const streamId = await this.#calls.ask(body, turn.key);
      this.#host.onAccepted(this, turn.question);
      await this.#follow(turn.key, streamId);
    } catch (error) {
      const turns = this.#view.turns.filter(({ key }) => key !== turn.key);
      this.#change({ turns, refusal: { problem: asProblem(error), question: turn.question, key: turn.key } });
    }
  }

  /** Another try at an answer that failed or broke off. */
  async retry(turn: ShownTurn): Promise<void> {
    const { sessionId } = this.#view;
    if (this.underWay || sessionId === undefined || turn.id === undefined) return;
    const before = turn;
    this.#changeTurn(turn.key, { ...another, state: 'sending', answer: '' });
    try {
      const streamId = await this.#calls.regenerate(sessionId, turn.id, this.#retryKey.of(turn.key));
      this.#retryKey.taken();
      await this.#follow(turn.key, streamId);
      await this.#countVersions(turn.key);
    } catch (error) {
      this.#changeTurn(turn.key, { ...before, failure: asProblem(error).code });
      this.#host.onSettled(this);
    }
  }

  /**
   * Asks a question in other words: a new branch, that ends with its answer. What came after the old words
   * stays in their branch. Throws an ApiProblem where the server does not take it.
   */
  async edit(turn: ShownTurn, question: string, key: string): Promise<void> {
    const { sessionId, turns } = this.#view;
    if (this.underWay || sessionId === undefined || turn.id === undefined) return;
    const streamId = await this.#calls.edit(sessionId, turn.id, question, key);
    this.#change({ turns: [...turns.slice(0, turns.indexOf(turn)), newTurn(key, question, Date.now())] });
    void this.#follow(key, streamId).then(() => this.#countVersions(key));
  }

  /** Shows the branch of another version of a question. */
  async showBranch(promptId: number): Promise<void> {
    const { sessionId } = this.#view;
    if (sessionId !== undefined && !this.underWay) this.show(await this.#calls.showBranch(sessionId, promptId));
  }

  /** Goes on from another one of the answers to a question. */
  async choose(turn: ShownTurn, replyId: number): Promise<void> {
    const { sessionId } = this.#view;
    if (this.underWay || sessionId === undefined || turn.id === undefined) return;
    this.show(await this.#calls.choose(sessionId, turn.id, replyId));
  }

  /** Marks an answer, or takes its mark away. Throws an ApiProblem where the server does not take it. */
  async mark(turn: ShownTurn, mark: Mark | undefined): Promise<void> {
    const { sessionId } = this.#view;
    if (sessionId === undefined || turn.id === undefined) return;
    this.#changeTurn(turn.key, { mark });
    try {
      await this.#calls.mark(sessionId, turn.id, mark ?? null);
    } catch (error) {
      this.#changeTurn(turn.key, { mark: turn.mark });
      throw error;
    }
  }

  /** What stands beside the new answer is known to the server alone. A failure that is shown stays. */
  async #countVersions(key: string): Promise<void> {
    if (this.#turn(key)?.failure === undefined) await this.load();
  }

  /** Ends the answer under way; what has come so far stays. */
  async stop(): Promise<void> {
    const turn = this.underWay;
    if (!turn || turn.stopping) return;
    this.#changeTurn(turn.key, { stopping: true });
    // Without a stream yet, #follow stops it as soon as there is one.
    if (turn.streamId !== undefined) await this.#stopStream(turn.key, turn.streamId);
  }

  async #stopStream(key: string, streamId: string): Promise<void> {
    try {
      await this.#calls.stop(streamId);
    } catch {
      this.#changeTurn(key, { stopping: false });
    }
  }

  forgetRefusal(): void {
    if (this.#view.refusal) this.#change({ refusal: undefined });
  }

  /** Leaves the stream alone; the answer goes on being written at the server. */
  close(): void {
    this.#end.abort();
  }

  async #follow(key: string, streamId: string): Promise<void> {
    const wantedStop = this.#turn(key)?.stopping;
    this.#changeTurn(key, { state: this.#turn(key)?.answer ? 'streaming' : 'waiting', streamId });
    if (wantedStop) void this.#stopStream(key, streamId);
    const end = await this.#calls
      .follow(
        streamId,
        (event, position) => this.#take(key, event, position),
        (lost) => this.#turn(key)?.lost !== lost && this.#changeTurn(key, { lost }),
        this.#end.signal,
      )
      .catch(() => 'left' as const);
    if (end === 'missing') await this.#recover(key);
    if (end === 'left') return;
    this.#host.onSettled(this);
    // What an answer draws on stands with the stored one; the bot that everybody begins with draws on nothing.
    if (end === 'over' && this.#view.bot !== undefined && this.#view.bot !== 'free') await this.load();
  }

  #take(key: string, event: StreamEvent, position: number): void {
    const turn = this.#turn(key);
    if (!turn) return;
    if (event.type === 'START') {
      const opened = this.#view.sessionId === undefined;
      this.#changeTurn(key, { id: event.chat_id });
      if (!opened) return;
      this.#change({ sessionId: event.session_id, title: turn.question.replace(/\s+/g, ' ').trim().slice(0, 80) });
      this.#host.onOpened(this, event.session_id);
    } else if (event.type === 'CHUNK') {
      // The position says where this text belongs, so that nothing is ever shown twice.
      const answer = turn.answer.slice(0, position - event.content.length) + event.content;
      this.#changeTurn(key, { answer, state: 'streaming', lost: false }, true);
    } else if (event.type === 'END') {
      const { full_content: answer, finish_reason: reason } = event;
      const cut = reason === 'length' || reason === 'content_filter' ? reason : undefined;
      this.#changeTurn(key, { answer, state: reason === 'stopped' ? 'stopped' : 'done', cut, ...settled });
    } else {
      this.#changeTurn(key, { state: turn.answer ? 'interrupted' : 'failed', failure: event.error.code, ...settled });
    }
  }

  /** The stream is gone: what is stored tells how it ended. */
  async #recover(key: string): Promise<void> {
    const turn = this.#turn(key);
    if (!turn || !isUnderWay(turn)) return;
    this.#changeTurn(key, { state: turn.answer ? 'interrupted' : 'failed', ...settled });
    await this.load();
  }

  #turn(key: string): ShownTurn | undefined {
    return this.#view.turns.find((turn) => turn.key === key);
  }

  #changeTurn(key: string, change: Partial<ShownTurn>, lazily = false): void {
    this.#change({ turns: this.#view.turns.map((turn) => (turn.key === key ? { ...turn, ...change } : turn)) }, lazily);
  }

  #change(change: Partial<ThreadView>, lazily = false): void {
    this.#view = { ...this.#view, ...change };
    if (!lazily) return this.#draw();
    if (this.#drawing) return;
    this.#drawing = true;
    this.#host.schedule(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Nothing that was said of an answer holds for another one. */
const another = { failure: undefined, stopping: false, cut: undefined, mark: undefined };

const settled = { streamId: undefined, lost: false, stopping: false };
