export const memoryModule: string = `
// Observations that later runs recall: a log on disk, searched by words.

/** Add an observation; value is any data, tags a text or a list of them. Gives the record. */
pub fn memory_store(namespace: string, key: string, value, tags = nil, options = nil) {
  return __memory_store(namespace, key, value, tags, options)
}

/** The records that have words of the query, best first, each with its score. */
pub fn memory_recall(namespace: string, query: string, k = nil, options = nil) {
  return __memory_recall(namespace, query, k, options)
}

/** The newest records as a short text and as records: so many, or those of {limit, query, tags}. */
pub fn memory_summarize(namespace: string, window = nil, options = nil) {
  return __memory_summarize(namespace, window, options)
}

/** Let records count no more: those with that text, or that fit all of {id, key, tags, query}. */
pub fn memory_forget(namespace: string, predicate, options = nil) {
  return __memory_forget(namespace, predicate, options)
}
`;
