/** What the module graph wants from the outside. */

export type ReadResult =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "missing" }
  | { readonly kind: "directory" }
  /** `reason` is for the message: "permission denied", "not valid UTF-8". */
  | { readonly kind: "unreadable"; readonly reason: string };

/**
 * Contract: neither function throws for what a disk may do (missing, forbidden, not text); if one does, the file counts
 * as unreadable with the error's message. Paths are normalized, with `/` between the parts.
 */
export interface ModuleReader {
  read(path: string): Promise<ReadResult>;
  kindOf(path: string): Promise<"file" | "directory" | "missing">;
  /**
   * The one spelling of a path behind links. Without it, two spellings of a linked file are two modules, and a package
   * may reach outside of its folder through a link.
   */
  canonical?(path: string): Promise<string>;
}
