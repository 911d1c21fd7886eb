import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb'
import { PutBucketVersioningCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { createApi } from '../../shared/api/app.ts'
import { readLanding } from '../../shared/aws/landing.ts'
import { openLargeValues } from '../../shared/aws/large-values.ts'
import { openObjects } from '../../shared/aws/objects.ts'
import { decodeMessage, openQueue } from '../../shared/aws/queue.ts'
import { openReplies } from '../../shared/aws/replies.ts'
import { openStore } from '../../shared/aws/store.ts'
import type { Sha256 } from '../../shared/base/digest.ts'
import { type Instant, systemClock } from '../../shared/base/instant.ts'
import { organisationCodeOf } from '../../shared/identity/uscc.ts'
import { acceptDraft, commitDraft, type Draft } from '../../shared/ingest/accept.ts'
import { carryOutEntry } from '../../shared/ingest/deliver.ts'
import { envelopeSchema } from '../../shared/ingest/envelope.ts'
import { findLayout } from '../../shared/ingest/layouts/registry.ts'
import { outgoingRecords } from '../../shared/ingest/outgoing.ts'
import { type Delivery, draftSubmission } from '../../shared/ingest/receive.ts'
import { fileRows } from '../../shared/ingest/rows.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findNumber } from '../../shared/ledger/sealed.ts'
import { registerDeployed } from '../../shared/principals/principal.ts'
import { applyEntry } from '../../shared/records/apply.ts'
import { PART_RECORD_LIMIT, readPart } from '../../shared/records/part.ts'
import { advanceWatermark } from '../../shared/records/watermark.ts'
import { type Authority, ledgerSettingsSchema, policySchema } from '../../shared/settings.ts'
import { authorities, codeOf } from '../records/world.ts'
import { openMemorySigner } from '../signer.ts'
import { type Counts, type Input, Meter, minus, NOTHING, sizeOf, sum } from './meter.ts'
import { createAreas, createQueue, createTables, s3As } from './resources.ts'

/** What DynamoDB, S3 and SQS are asked, by the code that the functions run on the adapters that they run on. */
export type Counted = {
  /** What the table in docs/scale.md is to say. */
  readonly table: ReadonlyMap<string, Counts>
  /** Ten records that came without a USCC. */
  readonly unresolved: Counts
  /** A record's item once it is stored, and once it is sighted again. */
  readonly itemBytes: { readonly new: number; readonly known: number }
  readonly message: Way
  readonly file: Way
}

/** All that was asked for one submission, from its door until its receipt is delivered. */
export type Way = {
  readonly records: number
  /** Bytes as they came: of the message, or of the file. */
  readonly sentBytes: number
  /** What writing each record alone, and nothing else, would take: a unit for each started KB of its text. */
  readonly floorWriteUnits: number
  readonly meter: Meter
}

export const FILE_RECORDS = 20_000
const RECORDS = 'records'
const RECEIVE = 'receive and accept'
const SEAL = 'seal, alone in its batch'
const APPLY = 'apply, beside the records'
const DELIVER = 'deliver its receipt'
const ADVANCE = 'advance the watermark'
const DIVIDE = 'divide a dropped file of 20,000 records'
const ACCEPT = 'accept its draft'
/** By the API, which whoever pushes does until it says applied; no part of the way. */
const ASK = 'ask for its receipt, once'
const STEPS = [RECEIVE, SEAL, APPLY, DELIVER, ADVANCE]

/** Takes submissions in on an emulator that is up, and counts. */
export async function countCosts(): Promise<Counted> {
  const { submit, drop, itemBytes } = await openMetered()
  const licence = await readLicence()
  // A thousand organisations with a licence each; then each with a second one too, and one organisation more
  const thousand = Array.from({ length: 1_000 }, (_, n) => licence(codeOf(n), 1))
  const second = Array.from({ length: 1_000 }, (_, n) => licence(codeOf(n), 2))
  assert.equal(thousand.length + second.length, PART_RECORD_LIMIT)
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
  const again = (step: string) => minus(known.meter.of(step), { ...NOTHING, gets: step === RECEIVE ? 2 : 0 })
  for (const step of STEPS) assert.deepEqual(again(step), fresh.meter.of(step), step)
  const told = await submit('told', thousand, 1)
  const others = Array.from({ length: FILE_RECORDS }, (_, n) => licence(codeOf(10_000 + n), 1))
  const file = await drop('file', others)
  const table = new Map([
    ['1,000 records, new', fresh.meter.of(RECORDS)],
    ['1,000 records, known', known.meter.of(RECORDS)],
    ...STEPS.map((step) => [step, fresh.meter.of(step)] as const),
    ['a submission of one part, beside its records', beside(fresh)],
    ['each further part', minus(beside(parted), beside(fresh))],
    [ASK, fresh.meter.of(ASK)],
    ['tell a reply queue', minus(told.meter.of(DELIVER), fresh.meter.of(DELIVER))],
    [DIVIDE, file.meter.of(DIVIDE)],
    [ACCEPT, file.meter.of(ACCEPT)],
    ['that file, beside its records', beside(file)],
    ['that file, with them', sum(beside(file), file.meter.of(RECORDS))],
  ])
  return {
    table,
    unresolved: unresolved.meter.of(RECORDS),
    itemBytes: { new: newBytes, known: knownBytes },
    message: fresh,
    file,
  }
}

function beside({ meter }: Way): Counts {
  return [DIVIDE, ACCEPT, ...STEPS].map((step) => meter.of(step)).reduce(sum)
}

/** What a submission took, with its records. */
export function wholeOf(way: Way): Counts {
  return sum(beside(way), way.meter.of(RECORDS))
}

type Open = Awaited<ReturnType<typeof openResources>>

async function openResources() {
  const sqs = new SQSClient()
  const [sealed, inbox, replies] = [await createQueue(sqs), await createQueue(sqs), await createQueue(sqs)]
  const buckets = await createAreas()
  const versioned = { Bucket: buckets.archive, VersioningConfiguration: { Status: 'Enabled' } } as const
  await s3As().send(new PutBucketVersioningCommand(versioned))
  const names = await createTables(new DynamoDBClient())
  // Calls to KMS are not counted
  return { names, buckets, sealed, inbox, replies, signer: openMemorySigner() }
}

/** Takes submissions in as the functions do; each is counted by a meter of its own. */
async function openMetered() {
  const resources = await openResources()
  const { buckets, names } = resources
  await registerDeployed(openWorld(resources, new Meter()), { principals: [] })
  const submit = (submissionId: string, records: readonly object[], by = 0): Promise<Way> => {
    const body = { ...headOf(submissionId), records }
    const take = (world: MeteredWorld, meter: Meter) =>
      meter.during(RECEIVE, async () => {
        const draft = await receive(world, {
          authority: senderOf(world, by),
          head: envelopeSchema.parse(body),
        })
        assert.equal(await commitDraft(world, draft), 'accepted')
        return draft
      })
    return takeIn(resources, { records, sentBytes: Buffer.byteLength(JSON.stringify(body)), take })
  }
  const drop = async (submissionId: string, records: readonly object[]): Promise<Way> => {
    const bytes = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
    const landed = { Bucket: buckets.archive, Key: `landing/${submissionId}.ndjson` }
    const { VersionId = '' } = await s3As().send(new PutObjectCommand({ ...landed, Body: bytes }))
    const object = { key: landed.Key, versionId: VersionId }
    const take = (world: MeteredWorld, meter: Meter) =>
      divide(resources, { world, meter, object, submissionId })
    return takeIn(resources, { records, sentBytes: bytes.length, take })
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
  return { submit, drop, itemBytes }
}

type MeteredWorld = ReturnType<typeof openWorld>

function openWorld({ names, buckets, signer, sealed, inbox, replies }: Open, meter: Meter) {
  const stepOf = ({ TableName, Key }: Input): string | undefined =>
    TableName === names.records && Key?.['partition']?.S !== 'touched' ? RECORDS : undefined
  const s3 = meter.watch(s3As())
  const sqs = meter.watch(new SQSClient())
  const large = openLargeValues({ client: s3, bucket: buckets.archive })
  const queue = (url: string) => openQueue({ client: sqs, url, large })
  const arn = `arn:aws:sqs:us-east-1:000000000000:${replies.split('/').at(-1)}`
  const [first, second] = authorities
  return {
    ...{ s3, large, signer },
    store: openStore({ client: meter.watch(new DynamoDBClient(), stepOf), names, large }),
    objects: openObjects({ client: s3, names: buckets }),
    queues: { inbox: queue(inbox), sealed: queue(sealed) },
    sendReply: openReplies(sqs, (fault) => {
      throw fault
    }),
    now: systemClock,
    settings: {
      authorities: [first, second && { ...second, replyQueueArn: arn }].filter((each) => each !== undefined),
      policy: policySchema.parse({}),
      ledger: ledgerSettingsSchema.parse({}),
    },
  }
}

function senderOf({ settings }: MeteredWorld, at: number): Authority {
  const authority = settings.authorities[at]
  assert.ok(authority)
  return authority
}

/** As receive-submission does, whose draft waits in no queue; and as split-file does, whose draft does. */
async function receive(world: MeteredWorld, delivery: Delivery): Promise<Draft> {
  const drafted = await draftSubmission(world, delivery)
  assert.ok(drafted.outcome === 'drafted')
  if ('file' in delivery) await world.queues.inbox.send([drafted.draft])
  return drafted.draft
}

type Dropped = {
  readonly world: MeteredWorld
  readonly meter: Meter
  readonly object: { readonly key: string; readonly versionId: string }
  readonly submissionId: string
}

async function divide({ buckets, inbox }: Open, { world, meter, object, submissionId }: Dropped) {
  const draft = await meter.during(DIVIDE, async () => {
    const landed = await readLanding(world.s3, buckets.archive, object)
    assert.equal(landed.outcome, 'found')
    const { bytes } = landed as { readonly bytes: AsyncIterable<Uint8Array> }
    const head = headOf(submissionId)
    return receive(world, { authority: senderOf(world, 0), head, file: { format: 'ndjson', bytes } })
  })
  // Lambda receives for the function: what that costs is no request of ours
  const { Messages: [message] = [] } = await new SQSClient().send(
    new ReceiveMessageCommand({ QueueUrl: inbox, WaitTimeSeconds: 10 }),
  )
  await meter.during(ACCEPT, async () => {
    const waiting = await decodeMessage(message?.Body ?? '', world.large)
    assert.equal(await acceptDraft(world, waiting), 'accepted')
  })
  return draft
}

type Taking = {
  readonly records: readonly object[]
  readonly sentBytes: number
  readonly take: (world: MeteredWorld, meter: Meter) => Promise<Draft>
}

async function takeIn(resources: Open, { records, sentBytes, take }: Taking): Promise<Way> {
  const meter = new Meter()
  const world = openWorld(resources, meter)
  const draft = await take(world, meter)
  assert.equal(draft.accepted + draft.unresolved, records.length)
  await meter.during(SEAL, async () => {
    while ((await sealPending(world)) > 0);
  })
  const outside = openWorld(resources, new Meter())
  const number = (await findNumber(outside.store, draft.entryId)) ?? -1
  await meter.during(APPLY, () => applyEntry(world, number))
  await meter.during(DELIVER, () => carryOutEntry(world, number, { sendReply: world.sendReply }))
  // One function applies and delivers: what applying once more asked is no part of delivering
  const again = new Meter()
  await applyEntry(openWorld(resources, again), number)
  meter.takeAway(DELIVER, again)
  await meter.during(ADVANCE, () => advanceWatermark(world.store))
  await meter.during(ASK, () => askFor(world, draft))
  return { records: records.length, sentBytes, floorWriteUnits: await floorOf(outside, draft), meter }
}

async function askFor(world: MeteredWorld, { authority, submissionId }: Draft): Promise<void> {
  const never = async () => assert.fail('nobody asked for that')
  const stages = { publish: never, release: never }
  const api = createApi({ world, verifyToken: async () => authority, stages })
  const headers = { authorization: 'Bearer anybody' }
  const answer = await api.request(`/v1/receipts/${authority}/${submissionId}`, { headers })
  const { status } = (await answer.json()) as { readonly status: string }
  assert.deepEqual([answer.status, status], [200, 'applied'])
}

async function floorOf({ objects }: MeteredWorld, { parts }: Draft): Promise<number> {
  let units = 0
  for (const { sha256 } of parts) {
    for (const { text } of await readPart(objects, { sha256: sha256 as Sha256 }))
      units += Math.ceil(Buffer.byteLength(text) / 1024)
  }
  return units
}

const LAYOUT = 'licence-2018'

function headOf(submissionId: string) {
  const sentAt = '2026-06-01T00:00:00Z' as Instant
  return { schemaVersion: '1' as const, layout: LAYOUT, sentAt, submissionId }
}

/** The first licence of the example file, of another organisation and number: all of one size. */
async function readLicence(): Promise<(uscc: string, number: number) => object> {
  const layout = findLayout(LAYOUT)
  assert.ok(layout)
  const example = await readFile(fileURLToPath(new URL('../../examples/licences-2018.csv', import.meta.url)))
  const [rows = []] = await Array.fromAsync(fileRows(layout, { bytes: Readable.from([example]) }))
  const [first] = outgoingRecords(layout, rows)
  return (uscc, number) => ({
    ...(first as object),
    ...{ XK_XDR_SHXYM: uscc, XK_WSH: `示许〔2026〕${number}号`, XK_XDR_GSZC: '', XK_XDR_SWDJ: '' },
    XK_XDR_ZZJG: uscc === '' ? organisationCodeOf(codeOf(0)) : '',
  })
}
