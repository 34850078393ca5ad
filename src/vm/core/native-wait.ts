import { CancelToken } from "../../base/index.ts";
import type { AsyncNative } from "../native.ts";
import type { Value } from "../value/value.ts";
import type { Then } from "./callback.ts";
import type { Place, Wait } from "./task.ts";

/**
 * The wait for a builtin that answers later. The promise is no data; kept is what it takes to call the builtin again and
 * to find in the log what it has asked for since it was called.
 */
export class NativeWait implements Wait {
  readonly taskId: string;
  readonly native: AsyncNative;
  readonly args: readonly Value[];
  readonly position: number;
  readonly place: Place | undefined;
  /** How often it has called back into the program: what that did would happen again. */
  calls = 0;
  /** Where it can be gone on from, while it waits there. */
  mark: Mark | undefined = undefined;
  /** Of the run, when it was called. */
  requestCount = 0;
  /** What was asked for before it first kept something, by entries: it asks for that again when it is gone on from. */
  prologue: readonly number[] | undefined = undefined;
  /** The pause point at which it last kept something. */
  pausePoint: number | undefined = undefined;
  /** Of a call that is gone on from: what it kept, until it does so again. */
  kept: unknown = undefined;
  readonly token: CancelToken = new CancelToken();
  constructor(taskId: string, native: AsyncNative, args: readonly Value[], position: number, place?: Place) {
    this.taskId = taskId;
    this.native = native;
    this.args = args;
    this.position = position;
    this.place = place;
  }
  get what(): string {
    return this.native.name;
  }
  /** It can be made again and comes to the same. */
  get isData(): boolean {
    return (
      (this.mark !== undefined && this.prologue !== undefined) ||
      (this.native.isRepeatable === true && this.calls === 0)
    );
  }
  readonly cancel: Then = () => this.token.cancel("cancelled");
}

interface Mark {
  readonly state: () => unknown;
  /** Where in the log its next request stands. */
  readonly position: number;
  readonly goOn: () => void;
}
