/** What web crypto gives at a time. */
const largestDraw = 65_536;

/** Ids take a few bytes each, and asking the system costs far more than they do: small requests are met from a stock. */
export function createRandomBytes(): (length: number) => Uint8Array {
  const stock = new Uint8Array(2_048);
  let left = 0;
  return (length) => {
    if (length <= 64) {
      if (left < length) {
        crypto.getRandomValues(stock);
        left = stock.length;
      }
      left -= length;
      const bytes = stock.slice(left, left + length);
      // Nobody finds here what has been given out.
      stock.fill(0, left, left + length);
      return bytes;
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += largestDraw) crypto.getRandomValues(bytes.subarray(at, at + largestDraw));
    return bytes;
  };
}
