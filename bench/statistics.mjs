// The few statistics that the tables need.

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/** The steady cost of a process: the 25th percentile of the second half of its runs, after the compilers have had their turn. */
export const steady = (times) => quantile(times.slice(Math.floor(times.length / 2)), 0.25);

/** What short programs feel: the mean of the first twenty runs. */
export const early = (times) => times.slice(0, 20).reduce((a, b) => a + b, 0) / Math.min(20, times.length);

export const geomean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

export function formatTable(header, rows) {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  const format = (line) =>
    line.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]) : String(cell).padStart(widths[i]))).join("  ");
  return [format(header), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(format)].join("\n");
}

export const formatMs = (ms) =>
  ms === undefined ? "-" : ms < 1 ? ms.toFixed(3) : ms < 100 ? ms.toFixed(2) : ms.toFixed(0);
export const formatRatio = (ratio) =>
  ratio === undefined || Number.isNaN(ratio) ? "-" : ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(1);
