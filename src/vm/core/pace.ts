/** Back-edges and calls between two looks at the clock, the cancel flag and the other tasks: a task's share of a turn. */
export const QUANTUM = 20_000;

/** Quanta between two breaths of the platform. */
const QUANTA_PER_BREATH = 20;

/** What a turn costs besides the back-edges and calls in it. Tasks that wake each other use up quanta too. */
const TURN_COST = 20;

/** So many breaths are closed at most while nobody waits for anything outside. */
const CLOSED_BREATHS = 8;

export interface SavedPace {
  readonly quanta: number;
  readonly spent: number;
  readonly isLookDue: boolean;
  readonly breaths: number;
}

/**
 * How much has been computed since the platform had its turn. Counted, not timed: when a task gives way and when a breath is
 * open depends on the program alone, so a replay goes the same way.
 */
export class Pace {
  /** Back-edges, calls and turns that no quantum has counted yet. */
  spent = 0;
  /** Used up since the last breath. */
  #quanta = 0;
  #breaths = 0;
  /** A quantum was used up in short turns: whoever parks next under a deadline looks at the clock. */
  #isLookDue = false;

  /** A task has used up a quantum, or was given a turn that counts as one. */
  quantumUsed(): void {
    this.#quanta += 1;
  }

  /** A task's turn is over. */
  turnEnded(): void {
    for (this.spent += TURN_COST; this.spent >= QUANTUM; this.spent -= QUANTUM) {
      this.#quanta += 1;
      this.#isLookDue = true;
    }
  }

  /** Whether short turns have used up a quantum since this was asked last. */
  takeLook(): boolean {
    const isDue = this.#isLookDue;
    this.#isLookDue = false;
    return isDue;
  }

  get isBreathDue(): boolean {
    return this.#quanta >= QUANTA_PER_BREATH;
  }

  /** The platform has its turn. True: an open breath, in which results may arrive. */
  breathe(awaitsOutside: boolean): boolean {
    this.#quanta = 0;
    return awaitsOutside || ++this.#breaths % CLOSED_BREATHS === 0;
  }

  /** What a snapshot keeps. */
  save(): SavedPace {
    return { quanta: this.#quanta, spent: this.spent, isLookDue: this.#isLookDue, breaths: this.#breaths };
  }

  /** Takes over what a snapshot kept. */
  load({ quanta, spent, isLookDue, breaths }: SavedPace): void {
    this.#quanta = quanta;
    this.spent = spent;
    this.#isLookDue = isLookDue;
    this.#breaths = breaths;
  }
}
