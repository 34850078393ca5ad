/** What a user may choose about the layout. Widths are in code points. */
export interface FormatOptions {
  /** A construct whose one-line form is wider than this is broken over lines (default 100). */
  readonly lineWidth: number;
  /** Full width of `// ----` section bars between top-level items (default 80). */
  readonly separatorWidth: number;
}

export const defaultFormatOptions: FormatOptions = { lineWidth: 100, separatorWidth: 80 };
