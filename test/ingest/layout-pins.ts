import { readFileSync, writeFileSync } from 'node:fs'
import { digestOf } from '../../shared/base/digest.ts'
import type { Layout } from '../../shared/ingest/layouts/layout.ts'
import { documentKeysOf, layoutId, layouts } from '../../shared/ingest/layouts/registry.ts'
import { withdrawableTypes } from '../../shared/records/types/withdrawal.ts'

/** Of each version that a layout has had, the digest of its mapping (decision 025). */
export type Pins = Readonly<Record<string, string>>

const FILE = new URL('layout-pins.json', import.meta.url)

export function readPins(): Pins {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

/** The digest of all by which rows in the layout become the records that they do, or are refused. */
function mappingDigest({ version: _, title: __, standard: ___, ...mapping }: Layout): string {
  // What takes back names documents as their own layouts do
  const named = mapping.recordType === 'withdrawal' ? withdrawableTypes.map(documentKeysOf) : undefined
  return digestOf(JSON.parse(JSON.stringify({ ...mapping, named })))
}

/** What the layouts have against their pins, each with what to do. */
export function checkPins(pins: Pins, of: readonly Layout[] = layouts): readonly string[] {
  return of.flatMap((layout) => {
    const id = layoutId(layout)
    const before = Array.from({ length: layout.version - 1 }, (_, n) => `${layout.name}@${n + 1}`)
    const skipped = before.filter((each) => pins[each] === undefined)
    return [
      ...skipped.map((each) => `${each} has no pin, and ${id} came after it: versions go up by one. ${WHY}`),
      ...(pins[id] === undefined ? [`${id} has no pin: npm run pin. ${WHY}`] : []),
      ...(pins[id] === undefined || pins[id] === mappingDigest(layout) ? [] : [`${id} ${CHANGED} ${WHY}`]),
    ]
  })
}

const CHANGED =
  'is not the mapping that is pinned: give the layout the next version and npm run pin. ' +
  'Where nothing was ever received by this version, it may stay: npm run pin -- --rewrite.'
const WHY = '(docs/decisions/025-a-version-is-one-mapping.md)'

// What is pinned stays, also of versions that are gone; only to rewrite is today's put in the place of what was
function pinLayouts(pins: Pins, isRewriting: boolean): Pins {
  const today = Object.fromEntries(layouts.map((layout) => [layoutId(layout), mappingDigest(layout)]))
  return isRewriting ? { ...pins, ...today } : { ...today, ...pins }
}

if (import.meta.main) {
  const pins = pinLayouts(readPins(), process.argv.includes('--rewrite'))
  const inOrder = Object.entries(pins).toSorted(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(inOrder), null, 2)}\n`)
  const findings = checkPins(pins)
  for (const finding of findings) console.error(finding)
  if (findings.length > 0) process.exitCode = 1
}
