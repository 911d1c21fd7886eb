/** Where in a document something is, as a JSON Pointer (RFC 6901); '' is the whole of it. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
