import type { SyncEffects } from "../base/index.ts";
import type { DriftError } from "./drift.ts";
import { never } from "./faults.ts";
import type { Journal } from "./journal.ts";
import { createRedactor, type Redactor } from "./redact.ts";
import { createReplayer, type RecordedEffect, type ReplayerOptions } from "./replayer.ts";
import { type AnswerOptions, type Answers, createAnswers } from "./stored-answers.ts";
import { type JournalHost, makeJournalHost, type TaskOptions } from "./task-hosts.ts";

export interface ReplayOptions extends Omit<ReplayerOptions, "redactor">, AnswerOptions, TaskOptions {
  /** The rules of the recording. Default: the default ones. */
  readonly redactor?: Redactor;
}

export interface ReplayHost extends JournalHost {
  /** Set once the program has left the recording; every effect throws it from then on. */
  readonly drift: DriftError | undefined;
  /**
   * To be called when the program is done.
   *
   * @throws DriftError when it did less than was recorded
   */
  finish(): void;
}

/**
 * A host that has only the journal: the same results and errors, in the same order, at the same clock. Secrets are
 * place-holders. Rejects with a {@link DriftError} where the program does something else than was recorded.
 */
export function replayHost(journal: Journal, options: ReplayOptions = {}): ReplayHost {
  const redactor = options.redactor ?? createRedactor();
  const replayer = createReplayer(journal, { ...options, redactor });
  const answers: Answers = createAnswers(journal, options);

  const expectRecorded = (task: string, kind: string, args: unknown): RecordedEffect => {
    const effect = replayer.match(task, kind, args);
    if (effect !== undefined) return effect;
    const reason = journal.info.status === "running" ? "ended" : "extra";
    throw replayer.stop({ reason, asked: { task, kind, args: redactor.args(kind, args) } });
  };

  /** A run that was finished with an effect in flight had no use for it; one that was cut off cannot go on. */
  const unanswered = ({ start }: RecordedEffect): Promise<never> => {
    if (journal.info.status !== "running") return never();
    const recorded = { task: start.task, kind: start.kind, args: journal.decode(start.args), seq: start.seq };
    return Promise.reject(replayer.stop({ reason: "ended", recorded }));
  };

  const host = makeJournalHost(
    {
      note: () => {},
      position: (task) => replayer.positionOf(task) ?? journal.position,
      expects: (task, kind, args) => replayer.expects(task, kind, args),
      sync: (task, kind, args) =>
        answers.ofSync(expectRecorded(task, kind, args)) as SyncEffects[typeof kind]["result"],
      async perform(task, kind, args, signal) {
        const effect = expectRecorded(task, kind, args);
        const delivery = await replayer.next(effect, signal);
        return delivery === undefined ? unanswered(effect) : (answers.ofEnd(delivery, signal) as never);
      },
      iterate(task, kind, args, signal) {
        let effect: RecordedEffect | undefined;
        let over = false;
        return {
          async next() {
            if (over) return { done: true, value: undefined };
            effect ??= expectRecorded(task, kind, args);
            const delivery = await replayer.next(effect, signal);
            if (over) return { done: true, value: undefined };
            if (delivery === undefined) return unanswered(effect);
            if (delivery.type === "end") {
              over = true;
              answers.ofEnd(delivery, signal);
              return { done: true, value: undefined };
            }
            return { done: false, value: answers.ofChunk(delivery) as never };
          },
          async return() {
            if (!over && effect) replayer.close(effect);
            over = true;
            return { done: true, value: undefined };
          },
        };
      },
    },
    options,
  );

  return {
    ...host,
    get drift() {
      return replayer.drift;
    },
    finish() {
      if (replayer.drift) throw replayer.drift;
      const [missing] = replayer.unasked();
      if (missing) throw replayer.stop({ reason: "missing", recorded: missing });
    },
  };
}
