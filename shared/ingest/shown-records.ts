import { chinaDate, type Instant } from '../base/instant.ts'
import { foldIdentifier } from '../identity/fold.ts'
import { parseUscc } from '../identity/uscc.ts'
import { policySchema } from '../settings.ts'
import { contentSha256 } from './envelope.ts'
import { type Bytes, FileRefused } from './formats/format.ts'
import type { FileFormat } from './formats/registry.ts'
import { findLayout } from './layouts/registry.ts'
import { meterBytes } from './metered-bytes.ts'
import type { RowContext } from './minimise.ts'
import type { Receipt } from './receipt.ts'
import { openReader } from './record-reader.ts'
import { fileRows, type Row } from './rows.ts'

/** A file that can be read again. */
type ReadableFile = { readonly format: FileFormat; readonly open: () => Bytes }

export type Shown =
  /** The file comes to the records' root of the receipt. */
  | 'shown'
  /** It does not, by whichever policy it was read. */
  | 'differ'
  /** It does not, and may be what was sent all the same: nothing says by which policy, or by what release. */
  | 'not-shown'
  /** The receipt is by another version of the layout than the one there is. */
  | 'layout-changed'
  /** There is no root: the whole is refused, or the receipt is from before there was one. */
  | 'no-root'

/**
 * Holds a file against the records' root of a receipt (record-reader.ts). The receipt does not say what the policy
 * admitted: individual businesses or not, and which codes that pass as resident IDs too. Tried are both, with none of
 * those codes and with all that the file has; a policy that admits some of them and not others is not found.
 */
export async function showRecords(receipt: Receipt, file: ReadableFile): Promise<Shown> {
  const layout = findLayout(receipt.layout)
  if (receipt.recordsRoot === undefined) return 'no-root'
  if (layout === undefined) return 'layout-changed'
  const today = chinaDate(receipt.receivedAt as Instant)
  const context = { layout, authority: receipt.authority, today }
  const none = await readBy(context, file, [])
  if (none.roots.includes(receipt.recordsRoot)) return 'shown'
  if (none.ambiguous.length > 0) {
    const all = await readBy(context, file, none.ambiguous)
    if (all.roots.includes(receipt.recordsRoot)) return 'shown'
  }
  return none.ambiguous.length > 1 || (await isContentOf(receipt, file)) ? 'not-shown' : 'differ'
}

type Reading = {
  readonly roots: readonly string[]
  /** Codes that pass as a USCC and as a resident ID, which the policy does not admit. */
  readonly ambiguous: readonly string[]
}

/** The roots that a file comes to with and without individual businesses, in one reading; none where it is refused. */
async function readBy(
  context: Omit<RowContext, 'policy'>,
  file: ReadableFile,
  ambiguousCodes: readonly string[],
): Promise<Reading> {
  const readers = [false, true].map((admitIndividualBusinesses) =>
    openReader({ ...context, policy: policySchema.parse({ admitIndividualBusinesses, ambiguousCodes }) }),
  )
  const ambiguous = new Set<string>()
  try {
    for await (const rows of fileRows(context.layout, { format: file.format, bytes: file.open() })) {
      for (const row of rows) {
        for (const reader of readers) {
          const result = reader.read(row)
          if (typeof result === 'object' && result.code === 'USCC_AMBIGUOUS') addCodes(ambiguous, row)
          if (reader.isFull()) reader.takePart()
        }
      }
    }
  } catch (fault) {
    if (fault instanceof FileRefused) return { roots: [], ambiguous: [] }
    throw fault
  }
  for (const reader of readers) reader.takePart()
  return { roots: readers.map((reader) => reader.recordsRoot()), ambiguous: [...ambiguous] }
}

function addCodes(to: Set<string>, row: Row): void {
  if ('fault' in row) return
  for (const cell of row.cells.values()) {
    const parsed = parseUscc(cell)
    if (parsed.kind === 'invalid' && parsed.findings.includes('USCC_AMBIGUOUS_WITH_RESIDENT_ID'))
      to.add(foldIdentifier(cell))
  }
}

async function isContentOf({ layout, sha256 }: Receipt, file: ReadableFile): Promise<boolean> {
  const content = meterBytes(file.open())
  return contentSha256(layout, (await content.finish()).sha256) === sha256
}
