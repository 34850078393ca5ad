/** Where a task's printed text goes: to the host at once, or into a buffer until the parent collects it. */

export interface OutputSink {
  write(text: string): void;
}

export class OutputBuffer implements OutputSink {
  text = "";
  write(text: string): void {
    this.text += text;
  }
  /** Takes what was written so far. */
  drain(): string {
    const { text } = this;
    this.text = "";
    return text;
  }
}
