import { describe, expect, test } from 'vitest'
import type { Instant } from '../../shared/base/instant.ts'
import { openDatabase } from '../../shared/embedded/database.ts'
import { openStore } from '../../shared/embedded/store.ts'
import { refuseUnread } from '../../shared/ingest/accept.ts'
import { parseDropKey } from '../../shared/ingest/file-name.ts'
import { measure, parseMessage } from '../../shared/ingest/message.ts'
import { findReceipt } from '../../shared/ingest/receipt.ts'
import { ledgerSettingsSchema, policySchema } from '../../shared/settings.ts'
import { RESIDENT_ID } from './sample.ts'

const head = {
  schemaVersion: '1',
  submissionId: 's1',
  layout: 'licence-2018',
  sentAt: '2026-11-23T08:00:00.000Z',
}
const object = { key: 'a-bureau/files/x.csv', versionId: 'v1', sha256: 'a'.repeat(64) }

describe("a message of an authority's queue", () => {
  test('is records, or points to a file', () => {
    expect(parseMessage(JSON.stringify({ ...head, records: [{}] }))).toMatchObject({ kind: 'envelope' })
    expect(parseMessage(JSON.stringify({ ...head, object }))).toMatchObject({ kind: 'pointer' })
  })

  test.each([
    ['', ''],
    ['{', ''],
    ['null', ''],
    ['[]', ''],
    ['{}', '/schemaVersion'],
    [JSON.stringify({ ...head, records: 'x' }), '/records'],
    [JSON.stringify({ ...head, submissionId: RESIDENT_ID, records: [] }), '/submissionId'],
    [JSON.stringify({ ...head, object: { ...object, sha256: 'x' } }), '/object/sha256'],
    [JSON.stringify({ ...head, object, records: [] }), ''],
    ...['a-bureau/../other/x.csv', 'a-bureau/./x.csv', '..', 'a-bureau/x\n.csv', 'a-bureau/\u{d800}.csv'].map(
      (key) => [JSON.stringify({ ...head, object: { ...object, key } }), '/object/key'],
    ),
    [
      `${JSON.stringify({ ...head, records: [] }).slice(0, -2)}${'['.repeat(100_000)}${']'.repeat(100_000)}]}`,
      '/records',
    ],
    [JSON.stringify({ ...head, records: [], [RESIDENT_ID]: 1 }), ''],
    [JSON.stringify({ ...head, object: { ...object, [RESIDENT_ID]: 1 } }), '/object'],
  ])('that is neither is refused with the place of the fault and nothing it says: %j', (body, path) => {
    const message = parseMessage(body)
    expect(message).toEqual({ kind: 'unreadable', refusal: { code: 'ENVELOPE_MALFORMED', path } })
    expect(JSON.stringify(message)).not.toContain(RESIDENT_ID)
  })
})

describe('the name of a dropped file', () => {
  test('says whose it is, its layout and its submission', () => {
    for (const ending of ['csv', 'csv.gz', 'ndjson', 'json', 'xml', 'xls', 'XLSX']) {
      expect(parseDropKey(`a-bureau/drop/licence-2018/day-1.${ending}`, head.sentAt)).toEqual({
        authority: 'a-bureau',
        head: { ...head, submissionId: 'day-1' },
      })
    }
  })

  test.each([
    ['a-bureau/drop/day-1.csv', 'DROP_NAME_MALFORMED'],
    ['a-bureau/drop/licence-2018/day-1.txt', 'DROP_NAME_MALFORMED'],
    ['a-bureau/drop/licence-2018/day-1', 'DROP_NAME_MALFORMED'],
    ['a-bureau/drop/licence-2018/day 1.csv', 'DROP_NAME_MALFORMED'],
    ['a-bureau/drop/licence-2018/sub/day-1.csv', 'DROP_NAME_MALFORMED'],
    [`a-bureau/drop/licence-2018/${RESIDENT_ID}.csv`, 'FILE_NAME_PERSONAL_DATA'],
  ])('of another form refuses it: %s', (key, code) => {
    const refusal = { code, path: '/object' }
    expect(parseDropKey(key, head.sentAt)).toMatchObject({ authority: 'a-bureau', refusal })
  })

  test.each([
    'a-bureau/files/licence-2018/day-1.csv',
    'a-bureau/drop/licence-2018/',
    '../drop/licence-2018/day-1.csv',
  ])('is none of what was not dropped: %s', (key) => {
    expect(parseDropKey(key, head.sentAt)).toBeUndefined()
  })
})

describe('what is refused unread', () => {
  const authority = {
    code: 'a-bureau',
    name: { zh: '示例局', en: 'A bureau' },
    uscc: '11330200YY0009014P',
    recordTypes: ['licence' as const],
    contact: 'x@bureau.example',
  }
  const refusal = { code: 'OBJECT_NOT_FOUND', path: '/object' } as const
  const opened = () => {
    const now = (): Instant => head.sentAt as Instant
    const settings = {
      authorities: [],
      policy: policySchema.parse({}),
      ledger: ledgerSettingsSchema.parse({}),
    }
    return { store: openStore(openDatabase(':memory:')), now, settings }
  }
  const submissionHead = { ...head, schemaVersion: '1' as const, sentAt: head.sentAt as Instant }

  test('has a receipt under its own id, once, where that can be read', async () => {
    const world = opened()
    const unread = { authority, head: submissionHead, ...measure('body'), refusal }
    await refuseUnread(world, unread)
    await refuseUnread(world, unread)
    expect(await findReceipt(world.store, 'a-bureau', 's1')).toMatchObject({
      refusal: { code: 'OBJECT_NOT_FOUND' },
      received: 0,
      sizeBytes: 4,
    })
  })

  test('has one under its hash where its id cannot be read, or names other content', async () => {
    const world = opened()
    await refuseUnread(world, { authority, head: submissionHead, ...measure('first'), refusal })
    const second = measure('second')
    await refuseUnread(world, { authority, head: submissionHead, ...second, refusal })
    expect(await findReceipt(world.store, 'a-bureau', `refused-${second.sha256.slice(0, 32)}`)).toMatchObject(
      {
        refusal: { code: 'SUBMISSION_ID_REUSED', path: '/submissionId' },
      },
    )
    expect(await findReceipt(world.store, 'a-bureau', 's1')).toMatchObject({ sizeBytes: 5 })
    const third = measure('{')
    await refuseUnread(world, { authority, ...third, refusal: { code: 'ENVELOPE_MALFORMED', path: '' } })
    expect(await findReceipt(world.store, 'a-bureau', `refused-${third.sha256.slice(0, 32)}`)).toMatchObject({
      layout: 'unknown',
      refusal: { code: 'ENVELOPE_MALFORMED' },
    })
  })
})
