import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { beforeAll, expect, test } from 'vitest'
import { openLargeValues } from '../../shared/aws/large-values.ts'
import { openObjects } from '../../shared/aws/objects.ts'
import { openQueue } from '../../shared/aws/queue.ts'
import { openStore } from '../../shared/aws/store.ts'
import { systemClock } from '../../shared/base/instant.ts'
import { organisationCodeOf } from '../../shared/identity/uscc.ts'
import { acceptSubmission } from '../../shared/ingest/accept.ts'
import { envelopeSchema } from '../../shared/ingest/envelope.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { outgoingRecords } from '../../shared/ingest/outgoing.ts'
import { receiveSubmission } from '../../shared/ingest/receive.ts'
import { readFile as readRows } from '../../shared/ingest/rows.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findNumber } from '../../shared/ledger/sealed.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { PART_RECORD_LIMIT } from '../../shared/records/part.ts'
import { advanceWatermark } from '../../shared/records/watermark.ts'
import { ledgerSettingsSchema, policySchema } from '../../shared/settings.ts'
import { readExample } from '../journey/journey.ts'
import { authorities, codeOf } from '../records/world.ts'
import { openMemorySigner } from '../signer.ts'
import { s3As } from './deployed.ts'
import { type Counts, type Input, Meter, minus, sizeOf, sum } from './meter.ts'
import { createAreas, createQueue, createTables } from './resources.ts'

/** What DynamoDB, S3 and SQS are asked for a submission, by the code that the functions run. */
export function costs(): void {
  let counted: Counted
  beforeAll(async () => {
    counted = await count()
  })

  test('is one write and no read for each record, new or known, with a USCC or without', () => {
    const { table, unresolved, itemBytes } = counted
    const write = (records: number, bytes: number): Counts => ({
      ...NOTHING,
      requests: records,
      writeUnits: records * Math.ceil(bytes / 1024),
    })
    expect(table.get('1,000 records, new')).toEqual(write(1_000, itemBytes.new))
    expect(table.get('1,000 records, known')).toEqual(write(1_000, itemBytes.known))
    expect(unresolved).toMatchObject({ requests: 10, readUnits: 0 })
  })

  test('is to the unit what docs/scale.md says', async () => {
    const text = await readFile(DOCUMENT, 'utf8')
    expect(Object.fromEntries(tableOf(text))).toEqual(Object.fromEntries(counted.table))
    const { itemBytes } = counted
    const [, item, sighting] = /item of (\d+) bytes[\s\S]*sighting adds (\d+) bytes/.exec(text) ?? []
    expect([Number(item), Number(sighting)]).toEqual([itemBytes.new, itemBytes.known - itemBytes.new])
  })
}

type Counted = {
  /** What the document's table is to say. */
  readonly table: ReadonlyMap<string, Counts>
  /** Ten records that came without a USCC. */
  readonly unresolved: Counts
  /** A record's item once it is stored, and once it is sighted again. */
  readonly itemBytes: { readonly new: number; readonly known: number }
}

const NOTHING: Counts = { requests: 0, writeUnits: 0, readUnits: 0, puts: 0, gets: 0, sends: 0 }
const STEPS = [
  'receive and accept',
  'seal, alone in its batch',
  'apply, beside the records',
  'advance the watermark',
]

async function count(): Promise<Counted> {
  const { submit, itemBytes } = await openMetered()
  const licence = await readLicence()
  // A thousand organisations with a licence each; then each with a second one too, and one organisation more
  const thousand = Array.from({ length: 1_000 }, (_, n) => licence(codeOf(n), 1))
  const second = Array.from({ length: 1_000 }, (_, n) => licence(codeOf(n), 2))
  expect(thousand.length + second.length).toBe(PART_RECORD_LIMIT)
  // The log is never empty again: its first batch alone reads no end of it and publishes its key
  await submit('before', [licence(codeOf(1_001), 1)])
  const fresh = await submit('first', thousand)
  const newBytes = await itemBytes(`org#${codeOf(0)}`)
  const known = await submit('again', thousand)
  const knownBytes = await itemBytes(`org#${codeOf(0)}`)
  const parted = await submit('parts', [...thousand, ...second, licence(codeOf(1_000), 1)])
  const unresolved = await submit(
    'waits',
    Array.from({ length: 10 }, (_, n) => licence('', n)),
  )
  // Of the same records the parts are there already, and are read to be sure of it
  const again = (step: string) => minus(known.of(step), { ...NOTHING, gets: step === STEPS[0] ? 2 : 0 })
  for (const step of STEPS) expect(again(step), step).toEqual(fresh.of(step))
  const whole = (meter: Meter): Counts => STEPS.map((step) => meter.of(step)).reduce(sum)
  const table = new Map([
    ['1,000 records, new', fresh.of(RECORDS)],
    ['1,000 records, known', known.of(RECORDS)],
    ...STEPS.map((step) => [step, fresh.of(step)] as const),
    ['a submission of one part, beside its records', whole(fresh)],
    ['each further part', minus(whole(parted), whole(fresh))],
  ])
  return { table, unresolved: unresolved.of(RECORDS), itemBytes: { new: newBytes, known: knownBytes } }
}

const RECORDS = 'records'

/** Takes submissions in as the functions do; each is counted by a meter of its own. */
async function openMetered() {
  const signer = openMemorySigner()
  const names = await createTables(new DynamoDBClient())
  const buckets = await createAreas()
  const url = await createQueue(new SQSClient())
  const stepOf = ({ TableName, Key }: Input): string | undefined =>
    TableName === names.records && Key?.['partition']?.S !== 'touched' ? RECORDS : undefined
  const open = (meter: Meter) => {
    const s3 = meter.watch(s3As())
    const large = openLargeValues({ client: s3, bucket: buckets.archive })
    const sealed = openQueue({ client: meter.watch(new SQSClient()), url, large })
    return {
      store: openStore({ client: meter.watch(new DynamoDBClient(), stepOf), names, large }),
      objects: openObjects({ client: s3, names: buckets }),
      // The draft is committed by the function that made it
      queues: { inbox: { send: async () => undefined }, sealed },
      now: systemClock,
      settings: { authorities, policy: policySchema.parse({}), ledger: ledgerSettingsSchema.parse({}) },
      // Calls to KMS are not counted
      signer,
    }
  }
  const submit = async (submissionId: string, records: readonly unknown[]): Promise<Meter> => {
    const meter = new Meter()
    await takeIn(open(meter), meter, { submissionId, records })
    return meter
  }
  const itemBytes = async (partition: string): Promise<number> => {
    const { Items: [item] = [] } = await new DynamoDBClient().send(
      new QueryCommand({
        TableName: names.records,
        KeyConditionExpression: '#partition = :partition',
        ExpressionAttributeNames: { '#partition': 'partition' },
        ExpressionAttributeValues: { ':partition': { S: partition } },
      }),
    )
    return sizeOf(item ?? {})
  }
  return { submit, itemBytes }
}

type Metered = Parameters<typeof receiveSubmission>[0] &
  Parameters<typeof sealPending>[0] &
  Parameters<typeof applyEntry>[0]

async function takeIn(
  world: Metered,
  meter: Meter,
  sent: { readonly submissionId: string; readonly records: readonly unknown[] },
): Promise<void> {
  const [receive = '', seal = '', apply = '', advance = ''] = STEPS
  const [authority] = authorities
  if (authority === undefined) throw new Error('no authority')
  const head = envelopeSchema.parse({
    ...{ schemaVersion: '1', layout: LAYOUT, sentAt: '2026-06-01T00:00:00Z' },
    ...sent,
  })
  const draft = await meter.during(receive, async () => {
    const received = await receiveSubmission(world, { authority, head })
    if (received.outcome !== 'received') throw new Error(received.outcome)
    expect(await acceptSubmission(world, received.draft)).toBe('accepted')
    return received.draft
  })
  expect(draft.accepted + draft.unresolved).toBe(sent.records.length)
  await meter.during(seal, async () => {
    while ((await sealPending(world)) > 0);
  })
  const number =
    (await meter.during('asking for its number', () => findNumber(world.store, draft.entryId))) ?? -1
  await meter.during(apply, () => applyEntry(world, number))
  await meter.during(advance, () => advanceWatermark(world.store))
}

const LAYOUT = 'licence-2018'

/** The first licence of the example file, of another organisation and number: all of one size. */
async function readLicence(): Promise<(uscc: string, number: number) => object> {
  const layout = findLayout(LAYOUT)
  if (layout === undefined) throw new Error('no layout')
  const bytes = Readable.from([await readExample('licences-2018.csv')])
  const [rows = []] = await Array.fromAsync(readRows(layout, { bytes }))
  const [first] = outgoingRecords(layout, rows)
  return (uscc, number) => ({
    ...(first as object),
    ...{ XK_XDR_SHXYM: uscc, XK_WSH: `示许〔2026〕${number}号`, XK_XDR_GSZC: '', XK_XDR_SWDJ: '' },
    XK_XDR_ZZJG: uscc === '' ? organisationCodeOf(codeOf(0)) : '',
  })
}

const DOCUMENT = fileURLToPath(new URL('../../docs/scale.md', import.meta.url))
const COLUMNS = ['requests', 'writeUnits', 'readUnits', 'puts', 'gets', 'sends'] as const

/** The rows of the document's table of counts, by their names. */
function tableOf(text: string): readonly (readonly [string, Counts])[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', ...cells] = line.split('|').map((cell) => cell.trim())
    const figures = cells.slice(0, COLUMNS.length).map((cell) => Number(cell.replaceAll(',', '')))
    if (figures.length < COLUMNS.length || figures.some(Number.isNaN)) return []
    return [[name, Object.fromEntries(COLUMNS.map((column, at) => [column, figures[at]])) as Counts] as const]
  })
}
