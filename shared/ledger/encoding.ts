/**
 * Reads standard base64 with padding (RFC 4648 §4); undefined for anything but the one text that these bytes have
 * (§3.5), so that nobody can write the same signature or hash in a second way.
 */
export function parseBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

export function formatBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/**
 * Reads an ASCII decimal without leading zeroes, as sizes, indices and times are written. Undefined beyond 2^53 - 1,
 * though the specifications allow 2^63 - 1: a number here is exact or it is refused.
 */
export function parseDecimal(text: string): number | undefined {
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

const DECIMAL = /^(0|[1-9][0-9]{0,15})$/
