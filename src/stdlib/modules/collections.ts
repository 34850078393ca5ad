export const collectionsModule: string = `
// Dicts, and values in the store that grow old.

/** Without entries that say nothing: nil, "" and the text "null". */
pub fn filter_nil(d) {
  return d.filter({ value -> value != nil && value != "" && value != "null" })
}

/** True when a stored value was last refreshed more than so many seconds ago, or never. */
pub fn store_stale(key, max_age_seconds) {
  let refreshed = store_get("\${key}_ts")
  return refreshed == nil || timestamp() - refreshed > max_age_seconds
}

/** Note that a stored value is fresh. */
pub fn store_refresh(key) {
  store_set("\${key}_ts", timestamp())
}
`;
