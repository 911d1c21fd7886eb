import { zstdDecompressSync } from 'node:zlib'
import Papa from 'papaparse'
import { residentIdCheck } from '../../shared/identity/resident-id.ts'
import type { Draft } from '../../shared/ingest/accept.ts'
import { commitDraft } from '../../shared/ingest/accept.ts'
import { envelopeSchema, submissionHeadSchema } from '../../shared/ingest/envelope.ts'
import type { FileFormat } from '../../shared/ingest/formats/registry.ts'
import type { Column, ColumnKind, Layout } from '../../shared/ingest/layouts/layout.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { type RecordOutcome, readOutcomes } from '../../shared/ingest/outcomes.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import { partKey } from '../../shared/records/part.ts'
import { type FactRecord, recordSchema } from '../../shared/records/record.ts'
import { type Policy, policySchema } from '../../shared/settings.ts'
import { authorities, codeOf, openTestWorld, type TestWorld } from '../records/world.ts'

export type SampleRow = Readonly<Record<string, string>>

/** Division 999999 does not exist, so nobody has this number. It ends with an X. */
export const RESIDENT_ID = withCheck('99999919700101005')
export const MOBILE_NUMBER = '13900000000'

/** The least that makes a record in any layout, under the standard's field codes, worked out from its columns. */
export function minimalRow({ columns }: Layout): SampleRow {
  const identifier = columns.find(({ kind }) => kind === 'uscc' || kind === 'identifier')
  const stated = columns.filter(
    (column) => column.required || column.orElse !== undefined || column === identifier,
  )
  return Object.fromEntries(stated.map((column) => [column.code, cellOf(column)]))
}

/** A row in any layout that states all it can of an organisation by its code, under the headers of a table. */
export function fullRow({ columns }: Layout): SampleRow {
  return Object.fromEntries(columns.map((column) => [column.headers[0] ?? column.code, cellOf(column)]))
}

function cellOf({ kind, fact, codes }: Column): string {
  if (fact === 'subjectName' || fact === 'name') return '示例有限公司'
  const [first] = Object.keys(codes ?? {})
  return first !== undefined && (kind === 'coded' || kind === 'list') ? first : cells[kind]
}

/** A cell of each kind of column that makes no row another than of the one organisation. */
const cells: Readonly<Record<ColumnKind, string>> = {
  text: '示例局',
  number: '示〔2026〕1号',
  date: '2026-01-05',
  'past-date': '2026-01-05',
  'end-date': '2099-12-31',
  'end-or-period': '2099-12-31',
  year: '2025',
  'yuan-from-wan': '1.5',
  yuan: '15000',
  capital: '500',
  'capital-in-yuan': '',
  code: '330200',
  list: '罚款',
  coded: '',
  'organisation-type': '有限责任公司',
  uscc: codeOf(1),
  identifier: codeOf(1),
  'organisation-code': '',
  'registration-number': '',
  'tax-number': '',
  'subject-class': '法人及非法人组织',
  'subject-person': '',
  'person-trait': '',
  person: '某某',
  transport: '2026-01-07 08:00:00',
}

/** The least that makes a record in each of these layouts. */
export const rows = {
  'licence-2018': minimalRow(known('licence-2018')),
  'penalty-2018': minimalRow(known('penalty-2018')),
  registration: minimalRow(known('registration')),
} as const satisfies Readonly<Record<string, SampleRow>>
export type LayoutName = keyof typeof rows

export function known(name: string): Layout {
  return findLayout(name) ?? missing()
}

/** What a submission came to: its receipt, the outcome of each record, and what the archive keeps. */
export type Taken = {
  readonly draft: Draft
  readonly outcomes: readonly RecordOutcome[]
  readonly records: readonly FactRecord[]
}

export type Sent = {
  readonly layout: string
  readonly submissionId?: string
  readonly sentAt?: string
  readonly policy?: Partial<Policy>
}

/** Sends a file through a new world and takes it in. */
export async function takeFile(
  bytes: string | Uint8Array,
  format: FileFormat | undefined,
  sent: Sent,
): Promise<Taken> {
  return withWorld((world) => take(world, fileDelivery(bytes, format, sent)), sent.policy)
}

/** Sends records in an envelope through a new world and takes them in. */
export async function takeRecords(records: readonly unknown[], sent: Sent): Promise<Taken> {
  return withWorld((world) => take(world, recordsDelivery(records, sent)), sent.policy)
}

/** The outcome of one row of the layout in which some cells are others: `accepted`, or the code of its refusal. */
export async function outcomeOf(
  layout: string,
  cells: SampleRow,
  policy: Partial<Policy> = {},
): Promise<string> {
  const row = { ...minimalRow(known(layout)), ...cells }
  const { outcomes } = await takeRecords([row], { layout, policy })
  return outcomes[0]?.code ?? outcomes[0]?.outcome ?? 'nothing'
}

export async function take(world: TestWorld, delivery: Delivery): Promise<Taken> {
  const received = await receiveSubmission(world, delivery)
  if (received.outcome !== 'received') throw new Error(`was ${received.outcome}`)
  const { draft } = received
  await commitDraft(world, draft)
  return {
    draft,
    outcomes: (await readOutcomes(world.objects, draft)).records,
    records: await readArchive(world, draft),
  }
}

export function fileDelivery(
  bytes: string | Uint8Array,
  format: FileFormat | undefined,
  sent: Sent,
): Delivery {
  const body = typeof bytes === 'string' ? Buffer.from(bytes) : bytes
  return {
    authority,
    head: submissionHeadSchema.parse(headOf(sent)),
    file: { format, bytes: streamOf(body) },
  }
}

/** Bytes as they come from outside: in chunks of any size. */
export async function* streamOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

export function recordsDelivery(records: readonly unknown[], sent: Sent): Delivery {
  return { authority, head: envelopeSchema.parse({ ...headOf(sent), records }) }
}

export function csvOf(table: readonly (readonly string[])[]): string {
  return Papa.unparse(table.map((row) => [...row]))
}

export async function withWorld<T>(
  work: (world: TestWorld) => Promise<T>,
  policy: Partial<Policy> = {},
): Promise<T> {
  const world = openTestWorld()
  const settings = { ...world.settings, policy: policySchema.parse(policy) }
  return work({ ...world, settings }).finally(() => world.close())
}

function headOf({ layout, submissionId = 's1', sentAt = '2026-05-31T08:00:00+08:00' }: Sent) {
  return { schemaVersion: '1', submissionId, layout, sentAt }
}

async function readArchive(world: TestWorld, { parts }: Draft): Promise<readonly FactRecord[]> {
  const records: FactRecord[] = []
  for (const { sha256 } of parts) {
    const found = await world.objects.find(partKey(sha256 as Parameters<typeof partKey>[0]))
    const lines = zstdDecompressSync(found?.body ?? '')
      .toString('utf8')
      .split('\n')
    for (const line of lines.filter(Boolean)) {
      const [, , , text = ''] = line.split('\t')
      records.push(recordSchema.parse(JSON.parse(text)))
    }
  }
  return records
}

export function withCheck(digits: string): string {
  return digits + residentIdCheck(digits)
}

const authority = authorities[0] ?? missing()

function missing(): never {
  throw new Error('there is none')
}
