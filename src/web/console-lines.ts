/** Output as the web console takes it: whole lines only. What has no end of line yet waits for it. */

export interface ConsoleLines {
  readonly write: (stream: "stdout" | "stderr", text: string) => void;
  /** Writes what waits. */
  readonly flush: () => void;
}

export function createConsoleLines(out: Pick<Console, "log" | "error"> = console): ConsoleLines {
  const rest = { stdout: "", stderr: "" };
  const put = (stream: "stdout" | "stderr", line: string) => {
    if (stream === "stdout") out.log(line);
    else out.error(line);
  };
  return {
    write(stream, text) {
      const end = text.lastIndexOf("\n");
      if (end < 0) {
        rest[stream] += text;
        return;
      }
      put(stream, rest[stream] + text.slice(0, end));
      rest[stream] = text.slice(end + 1);
    },
    flush() {
      for (const stream of ["stdout", "stderr"] as const) {
        if (rest[stream] !== "") put(stream, rest[stream]);
        rest[stream] = "";
      }
    },
  };
}
