/** Where a task's printed text goes: to the host at once, or into a buffer until the parent collects it. */

import type { Vm } from "../vm.ts";

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

/** Output to the host, as the program's first task. */
export class HostOutput implements OutputSink {
  readonly vm: Vm;
  constructor(vm: Vm) {
    this.vm = vm;
  }
  write(text: string): void {
    if (text !== "") this.vm.hostOf(this.vm.root).sync("console.write", { stream: "stdout", text });
  }
}
