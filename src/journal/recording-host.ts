import { HarnError, type Host } from "../base/index.ts";
import type { Journal } from "./journal.ts";
import { createRecorder, type RecordingOptions } from "./recorder.ts";
import { type JournalHost, makeJournalHost, type TaskOptions } from "./task-hosts.ts";

/**
 * A host that does what `host` does and writes it down. Results and errors are those of `host`; once the journal cannot
 * be written, every effect fails with `journal.write_failed` instead, and none is performed.
 *
 * Finish the run with `journal.finish(status, timeMs)`.
 *
 * @throws HarnError `journal.not_empty` for a journal that was recorded before; resume that
 */
export function recordingHost(host: Host, journal: Journal, options: RecordingOptions & TaskOptions = {}): JournalHost {
  if (journal.entries.length > 0) {
    throw new HarnError(
      "journal.not_empty",
      `Expected a new journal to record into, found ${journal.entries.length} entries; resume run \`${journal.info.id}\``,
    );
  }
  const recorder = createRecorder(host, journal, options);
  return makeJournalHost({ ...recorder, position: () => journal.position, expects: () => false }, options);
}
