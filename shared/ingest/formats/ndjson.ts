import { parseJson } from '../../base/json.ts'
import {
  type Batch,
  countRecord,
  FileRefused,
  type RowCount,
  rowPath,
  type TextFormat,
  type Texts,
} from './format.ts'
import { limits } from './limits.ts'

/** One JSON object a line. A line that is none is that record's fault alone. */
export const ndjson = {
  name: 'ndjson',
  endings: ['ndjson', 'jsonl'],
  mediaTypes: ['application/x-ndjson', 'application/jsonl'],
  opening: /^\s*\{/,
  read: readNdjson,
} as const satisfies TextFormat

async function* readNdjson(texts: Texts, place: RowCount): AsyncGenerator<Batch> {
  let rest = ''
  for await (const text of texts) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > limits.rowUnits) {
      for (const _ of lines) countRecord(place)
      throw new FileRefused('FILE_ROW_TOO_LONG', rowPath(place))
    }
    yield { records: readLines(lines, place) }
  }
  yield { records: readLines([rest], place) }
}

function readLines(lines: readonly string[], place: RowCount): readonly unknown[] {
  const records: unknown[] = []
  for (const line of lines) {
    countRecord(place)
    if (line.trim() !== '') records.push(parseObject(line))
  }
  return records
}

/**
 * Undefined where the text is no JSON. A member that an object has twice is a list, as of an ExchangeMessage, and so what
 * no field takes; JSON.parse keeps the last one.
 */
export function parseObject(text: string): unknown {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  // Every member has such a sign: where there are no more of them, none stands twice
  if ((text.match(/"\s*:/g)?.length ?? 0) <= Object.keys(value).length) return value
  const repeated = repeatedNames(text)
  return repeated.length === 0
    ? value
    : { ...value, ...Object.fromEntries(repeated.map((name) => [name, []])) }
}

/** The names that the outermost object of a JSON text has more than once. */
function repeatedNames(text: string): readonly string[] {
  const seen = new Set<string>()
  const repeated: string[] = []
  let depth = 0
  for (const [sign, string] of text.matchAll(TOKEN)) {
    if (sign === '{' || sign === '[') depth++
    else if (sign === '}' || sign === ']') depth--
    else if (depth === 1 && string !== undefined) {
      const name = JSON.parse(string) as string
      if (seen.has(name)) repeated.push(name)
      seen.add(name)
    }
  }
  return repeated
}

// A string that is a name has a colon behind it
const TOKEN = /[{}[\]]|("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"/g
