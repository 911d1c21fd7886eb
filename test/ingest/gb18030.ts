/** Node.js decodes GB 18030 and does not encode it: its characters of two bytes, turned round. */
const bytesOf = new Map<string, number>()
const decoder = new TextDecoder('gb18030')
for (let lead = 0x81; lead <= 0xfe; lead++) {
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    if (trail !== 0x7f) bytesOf.set(decoder.decode(Uint8Array.of(lead, trail)), lead * 256 + trail)
  }
}

/** Text in GB 18030; what has no two bytes there is left out. */
export function encodeGb18030(text: string): Uint8Array {
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const pair = bytesOf.get(character)
    if (code < 0x80) bytes.push(code)
    else if (pair !== undefined) bytes.push(pair >> 8, pair & 0xff)
  }
  return Uint8Array.from(bytes)
}

/** Whether all of a text has. */
export function hasGb18030(text: string): boolean {
  return [...text].every((character) => character < '\x80' || bytesOf.has(character))
}
