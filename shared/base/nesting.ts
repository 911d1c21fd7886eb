/** Deepest nesting of arrays and objects that is taken; nothing described here goes deeper than four. */
const DEPTH_LIMIT = 32

/** Whether a JSON value is nested so deep that whoever writes it again may run out of stack, as JSON.parse does not. */
export function nestsTooDeep(value: unknown, levels = DEPTH_LIMIT): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => nestsTooDeep(member, levels - 1))
}

/** Whether a JSON value has a canonical form: not too deep, and no text with a lone surrogate, which UTF-8 has no form for. */
export function isStorable(value: unknown): boolean {
  return !nestsTooDeep(value) && isWellFormed(value)
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member))
}
