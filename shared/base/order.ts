/**
 * Compares two texts by their UTF-8 bytes, the order SQLite, DynamoDB and DuckDB use.
 * JavaScript's own `<` compares UTF-16 units, which puts U+FF01 after U+1F600; UTF-8 does not.
 */
export function compareUtf8(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)]
    if (a !== b) return rank(a) - rank(b)
  }
  return left.length - right.length
}

// A surrogate stands for a code point above U+FFFF, so it sorts after every other unit
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
