/** The value of a JSON text; undefined where it is none. What JSON.parse throws quotes the input, and goes nowhere. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
