/**
 * Carries a run on: asks the model, writes what it says into the thread, calls the tools that are ours, and asks
 * again, until the run ends or waits for outputs. Nothing of it is kept in memory between two such stretches, so
 * any instance goes on with it. Whoever follows gets the events; a follower that leaves changes nothing.
 */
import { Problem } from '../errors.ts';
import { toProblem } from '../http/problems.ts';
import type { Reservation } from '../spend/reservation.ts';
import { estimateTokens } from '../upstream/estimate-tokens.ts';
import { advanceRun, saveGrowth, type Advance } from './advance-run.store.ts';
import { newId } from './ids.ts';
import type { AssistantParts } from './parts.ts';
import { RunAnswer } from './run-answer.ts';
import { showRun, type RunDocument } from './run-document.ts';
import { endingOf, RunStopped } from './run-failure.ts';
import { runRequest } from './run-request.ts';
import { reserveArgs } from './run-reservation.ts';
import { reserveCall } from './run-state.store.ts';
import { readSteps, type RunRow } from './runs.store.ts';
import { RunWriter, type Emit } from './run-writer.ts';
import { callTools } from './call-tools.ts';

const LOOK_EVERY_MS = 1_000;
export interface RunStart {
  run: RunRow;
  threadId: string;
  /** Of the first call; a later stretch makes its own. */
  reservation?: Reservation;
}

/** Resolves when the run has ended or waits; with a problem where that could not be stored or told. Never rejects. */
export async function executeRun(parts: AssistantParts, start: RunStart, emit: Emit): Promise<Problem | undefined> {
  const stretch = new Stretch(parts, start, emit);
  parts.running.add(stretch.abort);
  try {
    await stretch.carryOn();
    return undefined;
  } catch (error) {
    if (error instanceof RunStopped) return new Problem('gone', 'The thread of this run has been deleted.');
    parts.logger.error({ err: error, run: start.run.public_id }, 'a run could not be ended');
    return toProblem(error);
  } finally {
    parts.running.remove(stretch.abort);
  }
}

class Stretch {
  readonly abort = new AbortController();
  readonly #parts: AssistantParts;
  readonly #document: RunDocument;
  readonly #writer: RunWriter;
  readonly #emit: Emit;
  readonly #threadId: string;
  #run: RunRow;
  #reservation: Reservation | undefined;
  #answer: RunAnswer | undefined;
  /** Tokens of what the call under way asks, about. */
  #promptTokens = 0;
  /** Whose prices count: those of the provider that has taken the call under way. */
  #priceList: string | undefined;

  constructor(parts: AssistantParts, { run, threadId, reservation }: RunStart, emit: Emit) {
    this.#parts = parts;
    this.#run = run;
    this.#document = JSON.parse(run.document) as RunDocument;
    this.#threadId = threadId;
    this.#reservation = reservation;
    this.#emit = emit;
    this.#writer = new RunWriter(parts, { run, threadId }, emit, (change) => this.#advance(change));
  }

  async carryOn(): Promise<void> {
    const timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    try {
      await this.#advance({ to: { status: 'in_progress' } });
      if (this.#run.status === 'cancelled') throw new RunStopped('cancelled');
      await this.#tell();
      while (await this.#step());
    } catch (error) {
      await this.#fail(this.abort.signal.aborted ? this.abort.signal.reason : error);
    } finally {
      clearInterval(timer);
      this.#forget();
    }
  }

  /** Changes the run in the store. Throws `RunStopped` where it has been ended or deleted meanwhile. */
  async #advance(change: Omit<Advance, 'runId' | 'now'>): Promise<void> {
    const { database, clock } = this.#parts;
    const run = await database.write(advanceRun, { ...change, runId: this.#run.id, now: clock() });
    if (change.call) this.#forget();
    if (!run) throw new RunStopped('gone');
    this.#run = run;
  }

  /** The call is closed: nothing of it is to be noted any more. */
  #forget(): void {
    if (this.#reservation) this.#parts.models.forget(this.#reservation);
    this.#reservation = undefined;
  }

  async #tell(): Promise<void> {
    const waiting =
      this.#run.status === 'requires_action'
        ? (await readSteps(this.#parts.database.read, this.#run.id)).at(-1)
        : undefined;
    this.#emit(`thread.run.${this.#run.status}`, showRun(this.#run, this.#threadId, waiting));
  }

  /** Saves what has come, and looks whether the run is to go on: stopped here or elsewhere, deleted, out of time. */
  async #look(): Promise<void> {
    const { database, clock, logger } = this.#parts;
    try {
      const { messageId, text } = this.#writer.growing();
      const status = await database.write(saveGrowth, { messageId, text, runId: this.#run.id, now: clock() });
      if (status === undefined) this.abort.abort(new RunStopped('gone'));
      else if (status === 'cancelling') this.abort.abort(new RunStopped('cancelled'));
      else if (clock() >= this.#run.expires_at) this.abort.abort(new RunStopped('expired'));
    } catch (error) {
      logger.warn({ err: error, run: this.#run.public_id }, 'a run could not be saved in between');
    }
  }

  /** One call of the model, and of the tools it wants. True: the model is to be asked again. */
  async #step(): Promise<boolean> {
    const { models } = this.#parts;
    this.abort.signal.throwIfAborted();
    const model = await models.choose(this.#document.model);
    const called = this.#writer.calledTools(this.#run);
    const body = await runRequest(this.#parts, { run: this.#run, document: this.#document, model, called });
    this.#promptTokens = models.estimatePrompt(body);
    this.#reservation ??= await this.#reserve(model, body);
    const answer = (this.#answer = new RunAnswer(() => newId('call')));
    this.#priceList = undefined;
    const reservation = this.#reservation;
    await models.ask(reservation, {
      endpoint: 'chat/completions',
      model,
      body,
      signal: this.abort.signal,
      onData: (data) => {
        const silent = !answer.begun;
        this.#writer.take(answer, answer.take(data));
        if (silent && answer.begun) models.note(reservation, { model, body, priceList: this.#priceList! }, answer);
      },
      onAccepted: ({ priceList }) => {
        this.#priceList = priceList;
      },
    });
    this.#writer.take(answer, answer.end());
    await this.#writer.settled();
    if (answer.finishReason === 'content_filter' && !answer.begun) return this.#withhold(answer);
    if (!answer.begun) throw new Problem('provider_error', 'The model gave an empty answer.');
    return answer.tools.length > 0 ? this.#useTools(answer) : this.#complete(answer);
  }

  async #reserve(model: string, body: object): Promise<Reservation> {
    const { database, models } = this.#parts;
    const maximum = Number((body as Record<string, unknown>)[models.maxima(model)[0]!] ?? 0);
    const run = { userId: this.#run.user_id, keyId: this.#run.key_id, assistantId: this.#run.assistant_id };
    const asked = { model, askedModel: this.#document.model, units: 0 as const, limited: this.#document.limited };
    const reserve = await reserveArgs(this.#parts, run, asked, () => ({
      prompt: this.#promptTokens,
      answer: maximum,
    }));
    return (await database.write(reserveCall, { runId: this.#run.id, reserve })).reservation;
  }

  /** The ledger's entry of a call that was answered, as far as the answer says what it used. */
  #usage(answer: RunAnswer): NonNullable<NonNullable<Advance['call']>['settle']> {
    const usage = answer.usage ?? {
      promptTokens: this.#promptTokens,
      completionTokens: estimateTokens(answer.said),
      cachedTokens: 0,
    };
    return { model: answer.model, priceList: this.#priceList, ...usage, estimated: answer.usage === undefined };
  }

  /** The end of the call that is under way. A stop by the user counts as soon as the provider has taken the request. */
  #call(answer: RunAnswer | undefined, stopped = false): Pick<Advance, 'call'> {
    if (!this.#reservation) return {};
    const spent = answer !== undefined && (answer.begun || (stopped && this.#priceList !== undefined));
    // An empty answer is paid for where the provider counts it; its unit goes back.
    const settle = spent || answer?.usage ? { ...this.#usage(answer!), returnsUnit: !spent } : null;
    return { call: { reservationId: this.#reservation.id, settle } };
  }

  /** The provider's filter took the whole answer. */
  async #withhold(answer: RunAnswer): Promise<boolean> {
    await this.#advance({ ...this.#call(answer), to: { status: 'incomplete', reason: 'content_filter' } });
    await this.#tell();
    return false;
  }

  async #complete(answer: RunAnswer): Promise<boolean> {
    const cut = answer.finishReason === 'length' || answer.finishReason === 'content_filter';
    const reason = answer.finishReason === 'length' ? 'max_completion_tokens' : 'content_filter';
    const ended = this.#writer.endMessage(answer, cut ? (reason === 'content_filter' ? reason : 'max_tokens') : null);
    const usage = this.#usage(answer);
    await this.#advance({
      ...this.#call(answer),
      message: ended.message,
      step: { ...ended.step, usage: { prompt: usage.promptTokens, completion: usage.completionTokens } },
      to: cut ? { status: 'incomplete', reason } : { status: 'completed' },
    });
    await this.#writer.tellEnded();
    await this.#tell();
    return false;
  }

  /** Searches what is to be searched; where functions are called as well, the run waits for their outputs. */
  async #useTools(answer: RunAnswer): Promise<boolean> {
    const usage = this.#usage(answer);
    const counted = { prompt: usage.promptTokens, completion: usage.completionTokens };
    const stepId = this.#writer.stepId!;
    await this.#advance({ ...this.#call(answer), step: { id: stepId, status: 'in_progress', usage: counted } });
    const { calls, results } = await callTools(answer.tools, {
      parts: this.#parts,
      run: this.#run,
      document: this.#document,
      found: await this.#writer.countFound(),
      signal: this.abort.signal,
    });
    this.#writer.found(results);
    const waits = calls.some(({ type }) => type === 'function');
    const details = JSON.stringify({ type: 'tool_calls', tool_calls: calls });
    await this.#advance({
      step: { id: stepId, status: waits ? 'in_progress' : 'completed', details },
      ...(waits ? { to: { status: 'requires_action' } } : {}),
    });
    if (!waits) {
      await this.#writer.tellEnded();
      return true;
    }
    await this.#tell();
    return false;
  }

  /** Ends the run for what was thrown. Throws `RunStopped` where it is gone: the call is closed, and nothing told. */
  async #fail(error: unknown): Promise<void> {
    await this.#writer.settled().catch(() => undefined);
    if (this.#run.ended_at === null) {
      const { to, step, reason } = endingOf(error);
      if (to.status === 'cancelled') {
        this.#emit('thread.run.cancelling', showRun({ ...this.#run, status: 'cancelling' }, this.#threadId));
      }
      const open = this.#writer.broken(this.#answer, reason, step, to.error ?? null);
      await this.#advance({ ...this.#call(this.#answer, error instanceof RunStopped), ...open, to });
      await this.#writer.tellEnded();
    } else if (this.#reservation) {
      const closed = this.#advance(this.#call(undefined));
      await closed.catch(() => undefined);
    }
    await this.#tell();
  }
}
