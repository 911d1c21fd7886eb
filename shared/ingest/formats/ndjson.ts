import {
  type Batch,
  countRecord,
  FileRefused,
  type Place,
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

async function* readNdjson(texts: Texts, place: Place): AsyncGenerator<Batch> {
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

function readLines(lines: readonly string[], place: Place): readonly unknown[] {
  const records: unknown[] = []
  for (const line of lines) {
    countRecord(place)
    if (line.trim() !== '') records.push(parseJson(line))
  }
  return records
}

/** Undefined where the text is no JSON: what JSON.parse throws quotes the input, which may be personal. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
