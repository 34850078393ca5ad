/** A folder in memory for the JSONL store: what has been written, and what of it would survive a power cut. */

import type { JournalFolder, MaybePromise } from "../../src/journal/index.ts";

export interface FakeFolder extends JournalFolder {
  readonly files: Map<string, Uint8Array>;
  /** Bytes that were synchronised, by file. */
  readonly synchronised: Map<string, number>;
  syncs: number;
}

/** @param later answers through promises instead of at once */
export function createFakeFolder(later = false): FakeFolder {
  const answer = <T>(value: T): MaybePromise<T> => (later ? Promise.resolve(value) : value);
  const files = new Map<string, Uint8Array>();
  const synchronised = new Map<string, number>();
  const folder: FakeFolder = {
    files,
    synchronised,
    syncs: 0,
    list: () => answer([...files.keys()]),
    read: (name) => answer(files.get(name)?.slice()),
    open(name, mode) {
      if (files.has(name) !== (mode === "append")) return answer(undefined);
      if (mode === "create") files.set(name, new Uint8Array());
      return answer({
        append(bytes) {
          const old = files.get(name)!;
          const grown = new Uint8Array(old.length + bytes.length);
          grown.set(old);
          grown.set(bytes, old.length);
          files.set(name, grown);
          return answer(bytes.length);
        },
        sync() {
          folder.syncs++;
          synchronised.set(name, files.get(name)!.length);
          return answer(undefined);
        },
        truncate(sizeBytes) {
          files.set(name, files.get(name)!.slice(0, sizeBytes));
          return answer(undefined);
        },
        close: () => answer(undefined),
      });
    },
    snapshots: {
      readFrom(name, offset) {
        const bytes = files.get(name);
        return answer(bytes && bytes.length >= offset ? bytes.slice(offset) : undefined);
      },
      replace(name, bytes) {
        files.set(name, bytes.slice());
        return answer(undefined);
      },
      writeFrom(name, offset, bytes) {
        const whole = new Uint8Array(offset + bytes.length);
        whole.set((files.get(name) ?? new Uint8Array()).subarray(0, offset));
        whole.set(bytes, offset);
        files.set(name, whole);
        return answer(undefined);
      },
      remove(name) {
        files.delete(name);
        return answer(undefined);
      },
    },
  };
  return folder;
}
