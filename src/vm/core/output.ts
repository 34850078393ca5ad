/** Where a task's printed text goes: to the host at once, or into a buffer until the parent collects it. */

export interface OutputSink {
  write(text: string): void;
}

export class OutputBuffer implements OutputSink {
  readonly parts: string[] = [];
  write(text: string): void {
    this.parts.push(text);
  }
  /** Takes what was written so far. */
  drain(): string {
    return this.parts.splice(0).join("");
  }
}
