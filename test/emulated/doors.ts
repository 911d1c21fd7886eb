import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { DeleteObjectCommand } from '@aws-sdk/client-s3'
import { beforeAll, expect, test } from 'vitest'
import { SIGNING } from '../../emulator/deployment.ts'
import type { EmulatedStack } from '../../emulator/stack.ts'
import { signStatement } from '../../shared/authorities/signature.ts'
import { sha256 } from '../../shared/base/digest.ts'
import { contentSha256, type SubmissionHead } from '../../shared/ingest/envelope.ts'
import type { RefusalCode } from '../../shared/ingest/refusal.ts'
import { statementOf } from '../../shared/ingest/sender.ts'
import type { Objects } from '../../shared/ports.ts'
import { type PartReference, partKey, readPart } from '../../shared/records/part.ts'
import { LONG_AGO, makeKeyPair } from '../authorities/keys.ts'
import { rows } from '../ingest/sample.ts'
import { codeOf } from '../records/world.ts'
import { openArchiveAsRoot, putObject, type Receipt, send, sessionOf, untilApplied } from './deployed.ts'
import { s3As } from './resources.ts'
import { withoutRight, withRedelivery } from './trouble.ts'

const OWN = 'demo-public-security'
const OTHER = 'demo-housing-bureau'

/** What comes by a queue or a drop and cannot be taken in, each with a receipt that says why. */
export function doors(opened: () => EmulatedStack): void {
  let receipts: ReadonlyMap<string, Promise<Receipt>>
  beforeAll(async () => {
    const path = `/v1/authorities/${SIGNING}/keys`
    const json = { jwk: key.publicJwk, notBefore: LONG_AGO }
    const rotated = await sessionOf(opened()).call({ method: 'POST', path, as: 'operator', json })
    expect(rotated).toMatchObject({ status: 200, body: { requireSignature: true } })
    // All at once: each takes its way through up to three queues
    const asked = deliveries.map(async ({ title, of = OWN, deliver }) => {
      const id = await deliver(opened(), `doors-${randomUUID()}`)
      return [title, untilApplied(opened(), of, id)] as const
    })
    receipts = new Map(await Promise.all(asked))
  })

  test.each(deliveries)('$title: $code', async ({ title, code, path }) => {
    const receipt = await receipts.get(title)
    expect(receipt?.refusal).toMatchObject({ code, path })
    expect(receipt).toMatchObject({ received: 0, accepted: 0, repeated: 0, refused: 0, unresolved: 0 })
    expect(receipt).toMatchObject({ parts: [], records: [], applied: { new: 0, known: 0 } })
  })

  test('what an authority signs that has to is taken, by the queue and by a pointer', async () => {
    const [first, second] = [`doors-${randomUUID()}-1`, `doors-${randomUUID()}-2`]
    const said = { layout: GRADE, records: [graded] }
    await send(opened(), SIGNING, await signed(envelope(first, said), contentOf(said.records)))
    const file = csvOf(graded)
    const key = `${SIGNING}/files/${second}.csv`
    const versionId = await putObject(opened(), SIGNING, key, file)
    const pointer = { ...pointerTo(second, { key, versionId, sha256: sha256(file) }), layout: GRADE }
    await send(opened(), SIGNING, await signed(pointer, sha256(file)))
    for (const id of [first, second])
      expect(await untilApplied(opened(), SIGNING, id)).toMatchObject({ received: 1, accepted: 1 })
  })

  test('of two contents that the API let in under one id before either was accepted each has a receipt', async () => {
    const id = `doors-${randomUUID()}`
    const session = sessionOf(opened())
    const post = async (json: object): Promise<string> => {
      const answer = await session.call({ method: 'POST', path: '/v1/submissions', as: OWN, json })
      expect(answer.status).toBe(202)
      return (answer.body as { sha256: string }).sha256
    }
    const digests = await withRedelivery({ afterSeconds: 1, tries: 1_000 }, () =>
      withoutRight('receive-submission', 'dynamodb:UpdateItem', async () => [
        await post(envelope(id, { records: [rows.registration] })),
        await post(envelope(id)),
      ]),
    )
    const first = await untilApplied(opened(), OWN, id)
    const other = digests.find((digest) => digest !== first.sha256) ?? ''
    expect(digests).toContain(first.sha256)
    const { refusal } = await untilApplied(opened(), OWN, `refused-${other.slice(0, 32)}`)
    expect(refusal?.code).toBe('SUBMISSION_ID_REUSED')
  })

  test('a part that was damaged is put right by whoever brings its records again, by whichever door', async () => {
    const id = `doors-${randomUUID()}`
    const [first, second, third] = [`${id}-1`, `${id}-2`, `${id}-3`] as const
    const record = { ...rows.registration, comp_nm: `示例${id}有限公司` }
    await send(opened(), OWN, envelope(first, { records: [record] }))
    const { parts } = await untilApplied(opened(), OWN, first)
    const reference = parts[0]
    if (reference === undefined) throw new Error('nothing was kept')
    const archive = await openArchiveAsRoot()
    const whole = await readPart(archive, reference)
    await damage(archive, reference)
    await send(opened(), OWN, envelope(second, { records: [record] }))
    expect(await untilApplied(opened(), OWN, second)).toMatchObject({ accepted: 1, applied: { known: 1 } })
    expect(await readPart(archive, reference)).toEqual(whole)
    await damage(archive, reference)
    await putObject(opened(), OWN, `${OWN}/drop/registration/${third}.csv`, csvOf(record))
    expect(await untilApplied(opened(), OWN, third)).toMatchObject({ accepted: 1, applied: { known: 1 } })
    expect(await readPart(archive, reference)).toEqual(whole)
  })

  test('a pointer to a version is to that version, whatever was put there since', async () => {
    const id = `doors-${randomUUID()}`
    const key = `${OWN}/files/${id}.csv`
    const versionId = await putObject(opened(), OWN, key, FILE)
    await putObject(opened(), OWN, key, Buffer.from('something else'))
    await send(opened(), OWN, pointerTo(id, { key, versionId }))
    expect(await untilApplied(opened(), OWN, id)).toMatchObject({ received: 1, accepted: 1 })
  })
}

type Delivery = {
  readonly title: string
  readonly code: RefusalCode
  readonly path: string
  /** Whose it is, where it is not the first's. */
  readonly of?: string
  /** Answers the id of the receipt that is to come. */
  deliver(stack: EmulatedStack, id: string): Promise<string>
}

const FILE = csvOf(rows.registration)

function csvOf(row: object): Buffer {
  return Buffer.from(`${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`)
}

async function damage(archive: Objects, { sha256: name }: PartReference): Promise<void> {
  const key = partKey(name)
  const tag = (await archive.find(key))?.tag ?? ''
  expect(await archive.put(key, Buffer.from('all that is left'), { tag })).toBe('stored')
}

function envelope(submissionId: string, other: object = {}): object {
  const sentAt = new Date().toISOString()
  return { schemaVersion: '1', submissionId, layout: 'registration', sentAt, records: [{}], ...other }
}

function pointerTo(submissionId: string, object: { key: string; versionId: string; sha256?: string }) {
  const { records: _, ...head } = envelope(submissionId) as { records: unknown }
  return { ...head, object: { sha256: sha256(FILE), ...object } }
}

const GRADE = 'taxpayer-grade'
const graded = { comp_nm: '示例有限公司', uni_social_crd_cd: codeOf(1), pjnd: '2025', xydj: 'A' }
const key = await makeKeyPair()

function contentOf(records: readonly unknown[]): string {
  return sha256(JSON.stringify(records))
}

/** A message with a signature over what it says and what is in it, unless it is over something else. */
async function signed(
  message: object,
  content: string,
  other: Partial<SubmissionHead> = {},
): Promise<object> {
  const head = { ...message, ...other } as SubmissionHead
  const statement = { ...statementOf(SIGNING, head), sha256: contentSha256(head.layout, content) }
  return { ...message, signature: await signStatement(statement, key.privateJwk) }
}

/** The receipt of what has no id, or none that is its own to use. */
function refusedId(body: string): string {
  return `refused-${sha256(body).slice(0, 32)}`
}

const readable: readonly Delivery[] = [
  {
    title: 'a message that is no JSON',
    ...{ code: 'ENVELOPE_MALFORMED', path: '' },
    deliver: (stack, id) => sendUnread(stack, `{"submissionId": "${id}", 乱码`),
  },
  {
    title: 'an envelope without its records',
    ...{ code: 'ENVELOPE_MALFORMED', path: '/records' },
    deliver: (stack, id) => sendUnread(stack, JSON.stringify(envelope(id, { records: undefined }))),
  },
  {
    title: 'a layout that nobody knows',
    ...{ code: 'LAYOUT_UNKNOWN', path: '/layout' },
    deliver: (stack, id) => sendRead(stack, id, envelope(id, { layout: 'licence-1999' })),
  },
  {
    title: 'a type of record that the authority may not send',
    ...{ code: 'RECORD_TYPE_NOT_ADMITTED', path: '/layout' },
    deliver: (stack, id) => sendRead(stack, id, envelope(id, { layout: 'penalty-2018' })),
  },
  {
    title: 'an envelope of tomorrow',
    ...{ code: 'SENT_AT_IN_FUTURE', path: '/sentAt' },
    deliver: (stack, id) =>
      sendUnread(stack, JSON.stringify(envelope(id, { sentAt: '2999-01-01T00:00:00Z' }))),
  },
  {
    title: 'an envelope that holds nothing',
    ...{ code: 'SUBMISSION_EMPTY', path: '' },
    deliver: (stack, id) => sendRead(stack, id, envelope(id, { records: [] })),
  },
  {
    title: 'another content under an id that stands for one',
    ...{ code: 'SUBMISSION_ID_REUSED', path: '/submissionId' },
    async deliver(stack, id) {
      await send(stack, OWN, envelope(id, { records: [rows.registration] }))
      await untilApplied(stack, OWN, id)
      return sendUnread(stack, JSON.stringify(envelope(id)))
    },
  },
  {
    title: "a pointer to another authority's object",
    ...{ code: 'OBJECT_NOT_OWN', path: '/object/key' },
    async deliver(stack, id) {
      const key = `${OTHER}/files/${id}.csv`
      const versionId = await putObject(stack, OTHER, key, FILE)
      return sendRead(stack, id, pointerTo(id, { key, versionId }))
    },
  },
  {
    title: 'a pointer with the digest of something else',
    ...{ code: 'OBJECT_CHANGED', path: '/object' },
    async deliver(stack, id) {
      const key = `${OWN}/files/${id}.csv`
      const versionId = await putObject(stack, OWN, key, FILE)
      return sendRead(stack, id, pointerTo(id, { key, versionId, sha256: sha256('something else') }))
    },
  },
  {
    title: 'a pointer to a version that there is not',
    ...{ code: 'OBJECT_NOT_FOUND', path: '/object' },
    async deliver(stack, id) {
      const key = `${OWN}/files/${id}.csv`
      await putObject(stack, OWN, key, FILE)
      return sendRead(stack, id, pointerTo(id, { key, versionId: randomUUID() }))
    },
  },
  {
    title: 'a pointer to a name where nothing is',
    ...{ code: 'OBJECT_NOT_FOUND', path: '/object' },
    deliver: (stack, id) =>
      sendRead(stack, id, pointerTo(id, { key: `${OWN}/files/${id}.csv`, versionId: randomUUID() })),
  },
  {
    title: "a pointer that climbs out of its authority's prefix",
    ...{ code: 'ENVELOPE_MALFORMED', path: '/object/key' },
    async deliver(stack, id) {
      const key = `${OTHER}/files/${id}.csv`
      const versionId = await putObject(stack, OTHER, key, FILE)
      return sendUnread(stack, JSON.stringify(pointerTo(id, { key: `${OWN}/../${key}`, versionId })))
    },
  },
  {
    title: 'a pointer to no version',
    ...{ code: 'ENVELOPE_MALFORMED', path: '/object/versionId' },
    async deliver(stack, id) {
      const key = `${OWN}/files/${id}.csv`
      await putObject(stack, OWN, key, FILE)
      return sendUnread(stack, JSON.stringify(pointerTo(id, { key, versionId: '' })))
    },
  },
  {
    title: 'a pointer to the version that says an object was deleted',
    ...{ code: 'OBJECT_NOT_FOUND', path: '/object' },
    async deliver(stack, id) {
      const key = `${OWN}/files/${id}.csv`
      await putObject(stack, OWN, key, FILE)
      const object = { Bucket: stack.outputs['LandingBucket'], Key: key }
      const { VersionId: versionId = '' } = await s3As().send(new DeleteObjectCommand(object))
      return sendRead(stack, id, pointerTo(id, { key, versionId }))
    },
  },
  {
    title: 'a message nested without end',
    ...{ code: 'ENVELOPE_MALFORMED', path: '/records' },
    async deliver(stack, id) {
      const [start = '', end = ''] = JSON.stringify(envelope(id, { records: ['HERE'] })).split('"HERE"')
      return sendUnread(stack, `${start}${'['.repeat(200_000)}${']'.repeat(200_000)}${end}`)
    },
  },
  {
    title: 'the largest message there can be, which says nothing',
    ...{ code: 'ENVELOPE_MALFORMED', path: '' },
    deliver: (stack, id) => sendUnread(stack, id.padEnd(1024 * 1024, 'x')),
  },
  {
    title: 'a pointer to a file that is something else than its name says',
    ...{ code: 'FORMAT_DISAGREES', path: '/object' },
    async deliver(stack, id) {
      const key = `${OWN}/files/${id}.xlsx`
      const versionId = await putObject(stack, OWN, key, FILE)
      return sendRead(stack, id, pointerTo(id, { key, versionId }))
    },
  },
  {
    title: 'a dropped file that is of no format',
    ...{ code: 'FORMAT_UNKNOWN', path: '/object' },
    async deliver(stack, id) {
      const twice = gzipSync(gzipSync(FILE))
      await putObject(stack, OWN, `${OWN}/drop/registration/${id}.csv.gz`, twice)
      return id
    },
  },
  {
    title: 'a dropped file without the columns of its layout',
    ...{ code: 'HEADER_NOT_FOUND', path: '/header' },
    async deliver(stack, id) {
      await putObject(stack, OWN, `${OWN}/drop/registration/${id}.csv`, Buffer.from('a,b\n1,2\n'))
      return id
    },
  },
]

const records = [graded]

/** What comes from an authority that has to sign, or from whoever has had its messages in hand. */
const unsigned: readonly Delivery[] = [
  {
    title: 'an envelope without a signature, of an authority that has to sign',
    ...{ code: 'SIGNATURE_MISSING', path: '/signature', of: SIGNING },
    deliver: (stack, id) =>
      sendUnread(stack, JSON.stringify(envelope(id, { layout: GRADE, records })), SIGNING),
  },
  {
    title: 'a pointer without a signature, of an authority that has to sign',
    ...{ code: 'SIGNATURE_MISSING', path: '/signature', of: SIGNING },
    deliver: (stack, id) => {
      const pointer = pointerTo(id, { key: `${SIGNING}/files/${id}.csv`, versionId: randomUUID() })
      return sendUnread(stack, JSON.stringify(pointer), SIGNING)
    },
  },
  {
    title: 'a dropped file, of an authority that has to sign',
    ...{ code: 'SIGNATURE_MISSING', path: '/signature', of: SIGNING },
    async deliver(stack, id) {
      const name = `${SIGNING}/drop/${GRADE}/${id}.csv`
      const versionId = await putObject(stack, SIGNING, name, csvOf(graded))
      return refusedId(`${name}\n${versionId}`)
    },
  },
  {
    title: 'a signature over another id',
    ...{ code: 'SIGNATURE_REBOUND', path: '/signature', of: SIGNING },
    async deliver(stack, id) {
      const message = envelope(id, { layout: GRADE, records })
      const rebound = await signed(message, contentOf(records), { submissionId: `${id}-other` })
      return sendUnread(stack, JSON.stringify(rebound), SIGNING)
    },
  },
  {
    title: 'a signature over other records',
    ...{ code: 'SIGNATURE_REBOUND', path: '/signature', of: SIGNING },
    async deliver(stack, id) {
      const message = envelope(id, { layout: GRADE, records: [{}] })
      return sendUnread(stack, JSON.stringify(await signed(message, contentOf(records))), SIGNING)
    },
  },
  {
    title: 'a signature over what mends nothing, beside what it mends',
    ...{ code: 'SIGNATURE_REBOUND', path: '/signature', of: SIGNING },
    async deliver(stack, id) {
      const message = await signed(envelope(id, { layout: GRADE, records }), contentOf(records))
      const mending = { ...message, mends: { submissionId: 'first', places: [0] } }
      return sendUnread(stack, JSON.stringify(mending), SIGNING)
    },
  },
]

const deliveries = [...readable, ...unsigned]

async function sendRead(stack: EmulatedStack, id: string, message: object): Promise<string> {
  await send(stack, OWN, message)
  return id
}

async function sendUnread(stack: EmulatedStack, body: string, authority = OWN): Promise<string> {
  await send(stack, authority, body)
  return refusedId(body)
}
