import { posix } from 'node:path'
import { type Batch, FileRefused, WHOLE_FILE } from './format.ts'
import { limits } from './limits.ts'
import { checkCount, readPart, type XmlPart } from './package-xml.ts'
import { peek } from './pieces.ts'
import { readSharedStrings } from './shared-strings.ts'
import { readRows } from './sheet-rows.ts'
import { type NumberFormats, numberShower } from './shown-number.ts'
import { readStyles } from './styles.ts'
import { openWorkTime } from './work-time.ts'
import { readSheet, type SheetContext } from './worksheet.ts'
import { readZip } from './zip.ts'

type Parts = ReadonlyMap<string, XmlPart>

/** Reads a workbook of Excel 2007 and later (ECMA-376), part by part. */
export async function* readXlsx(formats: NumberFormats, body: Buffer): AsyncGenerator<Batch> {
  const parts = await readParts(body)
  const name = await findBook(parts)
  const { sheets, date1904 } = await readBook(requirePart(parts, name))
  const folder = posix.dirname(name)
  const relations = await readRelations(
    requirePart(parts, posix.join(folder, '_rels', `${posix.basename(name)}.rels`)),
    folder,
  )
  if (relations.some(({ type }) => MACROS.test(type))) throw new FileRefused('WORKBOOK_MACROS')
  if (relations.some(({ type }) => OUTSIDE.test(type))) throw new FileRefused('WORKBOOK_EXTERNAL_DATA')
  const partOf = (type: string) => {
    const found = relations.find((each) => each.type === type)
    return found === undefined ? undefined : requirePart(parts, found.target)
  }
  const [strings, styles] = [partOf('sharedStrings'), partOf('styles')]
  const formatOf = styles === undefined ? [] : await readStyles(styles)
  const show = numberShower(formats, date1904)
  const formatAt = (style: number) => formatOf[style] ?? (style === 0 ? 'General' : undefined)
  const context: SheetContext = {
    strings: strings === undefined ? [] : await readSharedStrings(strings),
    show(value, style) {
      const format = formatAt(style)
      return format === undefined ? undefined : show(value, format)
    },
  }
  const seen = sheetsOf(sheets, relations)
  yield* readOnlySheet(seen.map((target) => readRows(readSheet(requirePart(parts, target), context))))
}

/** The parts of the sheets that a reader sees. */
function sheetsOf(sheets: Book['sheets'], relations: readonly Relation[]): readonly string[] {
  const byId = new Map(relations.map((relation) => [relation.id, relation]))
  if (byId.size < relations.length) throw new FileRefused('WORKBOOK_MALFORMED')
  const found = sheets.map(({ relation, isVisible }) => ({ ...byId.get(relation), isVisible }))
  // Each would be read anew, a hundred thousand of them for a part that is written once
  const targets = new Set(found.map(({ target }) => target?.toLowerCase()))
  if (targets.has(undefined) || targets.size < sheets.length) throw new FileRefused('WORKBOOK_MALFORMED')
  return found.flatMap(({ type, target = '', isVisible }) =>
    isVisible && type === 'worksheet' ? [target] : [],
  )
}

const MACROS = /macrosheet|dialogsheet|vbaProject/i
const OUTSIDE = /^(externalLink|connections|attachedToolbars)$/i

async function readParts(body: Buffer): Promise<Parts> {
  const { names, parts } = await readZip(body, (name) => /\.(xml|rels)$/i.test(name))
  if (names.includes('EncryptedPackage')) throw new FileRefused('WORKBOOK_ENCRYPTED')
  if (names.some((name) => /vbaProject|macrosheets\//i.test(name))) throw new FileRefused('WORKBOOK_MACROS')
  if (names.some((name) => /externalLinks\/|connections\.xml$/i.test(name)))
    throw new FileRefused('WORKBOOK_EXTERNAL_DATA')
  const spend = openWorkTime(parts.reduce((sum, { body }) => sum + body.length, 0))
  const found = new Map(parts.map(({ name, body }) => [name.toLowerCase(), { body, spend }]))
  const types = found.get('[content_types].xml')
  // Every package has it (ECMA-376 part 2), and no other zip
  if (types === undefined) throw new FileRefused('FORMAT_UNKNOWN')
  // Also of the parts that nobody reads
  if (parts.some(({ body }) => holds(body, '<!DOCTYPE'))) throw new FileRefused('XML_DOCTYPE', WHOLE_FILE)
  if (holds(types.body, 'macroEnabled.main+xml')) throw new FileRefused('WORKBOOK_MACROS')
  return found
}

function holds(body: Uint8Array, text: string): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.length).includes(text)
}

// Names of parts are the same in whatever case (ECMA-376 part 2)
function requirePart(parts: Parts, name: string): XmlPart {
  const found = parts.get(name.toLowerCase())
  if (found === undefined) throw new FileRefused('WORKBOOK_MALFORMED')
  return found
}

// Excel, and most that write as it does, call it xl/workbook.xml; the package says what it is called
async function findBook(parts: Parts): Promise<string> {
  const root = parts.get('_rels/.rels')
  const relations = root === undefined ? [] : await readRelations(root, '')
  const [named, another] = relations.filter(({ type }) => type === 'officeDocument')
  if (another !== undefined) throw new FileRefused('WORKBOOK_MALFORMED')
  const name = named?.target ?? 'xl/workbook.xml'
  if (!parts.has(name.toLowerCase())) throw new FileRefused('FORMAT_UNKNOWN')
  return name
}

type BookSheet = { readonly relation: string; readonly isVisible: boolean }
type Book = { readonly sheets: readonly BookSheet[]; readonly date1904: boolean }

/** The sheets in their order: templates keep the values of their drop-down lists on hidden ones. */
async function readBook(part: XmlPart): Promise<Book> {
  const sheets: BookSheet[] = []
  const names = new Set<string>()
  let date1904 = false
  await readPart(part, {
    open({ name, attributes }, path) {
      if (path.length === 2 && name === 'workbookPr')
        date1904 = ['1', 'true'].includes(attributes.get('date1904') ?? '')
      if (path.length === 1 && name !== 'workbook') throw new FileRefused('FORMAT_UNKNOWN')
      if (path.length !== 3 || path[1] !== 'sheets' || name !== 'sheet') return
      const title = attributes.get('name') ?? ''
      if (names.has(title)) throw new FileRefused('WORKBOOK_MALFORMED')
      names.add(title)
      const isVisible = (attributes.get('state') ?? 'visible') === 'visible'
      checkCount(sheets.push({ relation: attributes.get('id') ?? '', isVisible }), limits.workbookRelations)
    },
    close: () => undefined,
  })
  return { sheets, date1904 }
}

type Relation = { readonly id: string; readonly type: string; readonly target: string }

async function readRelations(part: XmlPart, folder: string): Promise<readonly Relation[]> {
  const relations: Relation[] = []
  await readPart(part, {
    open({ name, attributes }) {
      if (name !== 'Relationship') return
      // Addresses, of which there are two kinds ("transitional" and "strict"), end in what is meant
      const type = (attributes.get('Type') ?? '').split('/').at(-1) ?? ''
      const target = posix.resolve('/', folder, attributes.get('Target') ?? '').slice(1)
      checkCount(relations.push({ id: attributes.get('Id') ?? '', type, target }), limits.workbookRelations)
    },
    close: () => undefined,
  })
  return relations
}

/** The one sheet that has cells; empty ones stand beside it in any new workbook of older years. */
async function* readOnlySheet(sheets: readonly AsyncGenerator<Batch>[]): AsyncGenerator<Batch> {
  const found: AsyncGenerator<Batch>[] = []
  for (const sheet of sheets) {
    const rows = await openSheet(sheet)
    if (rows !== undefined) found.push(rows)
    if (found.length > 1) throw new FileRefused('WORKBOOK_SHEETS')
  }
  for (const rows of found) yield* rows
}

// What is wrong with a sheet is told once it is known that it is the one
async function openSheet(sheet: AsyncGenerator<Batch>): Promise<AsyncGenerator<Batch> | undefined> {
  try {
    const { head, all } = await peek(withRows(sheet))
    return head === undefined ? undefined : all
  } catch (fault) {
    if (!(fault instanceof FileRefused)) throw fault
    return refusing(fault)
  }
}

// biome-ignore lint/correctness/useYield: it ends before there is anything
async function* refusing(fault: FileRefused): AsyncGenerator<Batch> {
  throw fault
}

async function* withRows(batches: AsyncGenerator<Batch>): AsyncGenerator<Batch> {
  for await (const batch of batches) if ('rows' in batch && batch.rows.length > 0) yield batch
}
