/** Tar archives, by `modern-tar`. Files only: folders, links and devices are passed over. */

import { packTar, unpackTar } from "modern-tar";
import { type ArchiveEntry, ArchiveError, DEFAULT_MODE } from "./archive-entries.ts";

/** The same entries give the same archive: files are of the beginning of time and belong to nobody. */
export function createTar(entries: readonly ArchiveEntry[]): Promise<Uint8Array> {
  return packTar(
    entries.map(({ path, content, mode }) => ({
      header: { name: path, size: content.length, mode, mtime: new Date(0) },
      body: content,
    })),
  );
}

/** @throws ArchiveError for what is no tar archive, or not all of one */
export async function extractTar(data: Uint8Array): Promise<ArchiveEntry[]> {
  if (data.length === 0) return [];
  const found = await unpackTar(data, { strict: true }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ArchiveError(`not a whole tar archive: ${reason.replace(/\.$/, "")}`);
  });
  return found
    .filter(({ header }) => (header.type ?? "file") === "file" && !header.name.endsWith("/"))
    .map(({ header, data: content = new Uint8Array(0) }) => ({
      path: header.name,
      content,
      mode: (header.mode ?? DEFAULT_MODE) & 0o7777,
    }));
}
