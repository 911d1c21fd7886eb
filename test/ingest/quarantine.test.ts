import { describe, expect, test } from 'vitest'
import { addDays } from '../../shared/base/instant.ts'
import { commitDraft } from '../../shared/ingest/accept.ts'
import { envelopeSchema } from '../../shared/ingest/envelope.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { listQuarantined, quarantineStates, sumUpQuarantine } from '../../shared/ingest/quarantine-list.ts'
import { groupOf, reasonGroupNames, reasonGroups } from '../../shared/ingest/reason-groups.ts'
import { findReceipt } from '../../shared/ingest/receipt.ts'
import { type Received, receiveSubmission } from '../../shared/ingest/receive.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { day } from '../fusion/records.ts'
import { authorities, openTestWorld, type TestWorld } from '../records/world.ts'
import { readAll } from './archive-text.ts'
import { MOBILE_NUMBER, minimalRow, RESIDENT_ID, rows, type SampleRow } from './sample.ts'

const AUTHORITY = 'authority-0'
const NOT_OPEN = 'MENDS_PLACE_NOT_OPEN'
const TODAY = day('2026-06-01')
const good = rows['penalty-2018']
const late: SampleRow = { ...good, CF_JDRQ: '2026-13-01' }
const nameless: SampleRow = { ...good, CF_CFJG: '' }
const person: SampleRow = { ...good, CF_XDR_SHXYM: RESIDENT_ID }

type Sending = { readonly mends?: object; readonly layout?: string; readonly authority?: number }

async function send(
  world: TestWorld,
  submissionId: string,
  records: readonly unknown[],
  { mends, layout = 'penalty-2018', authority = 0 }: Sending = {},
): Promise<Received> {
  const from = authorities[authority]
  if (from === undefined) throw new Error('no such authority')
  const head = { schemaVersion: '1', submissionId, layout, sentAt: '2026-05-31T08:00:00Z', mends, records }
  const received = await receiveSubmission(world, { authority: from, head: envelopeSchema.parse(head) })
  for (const draft of world.queues.inbox.log) await commitDraft(world, draft)
  return received
}

async function openHeld(): Promise<TestWorld> {
  const world = openTestWorld()
  await send(world, 's1', [good, late, person, nameless])
  return world
}

const list = (world: TestWorld, wanted: Partial<Parameters<typeof listQuarantined>[1]> = {}) =>
  Array.fromAsync(
    listQuarantined(world, { authority: AUTHORITY, today: TODAY, states: quarantineStates, ...wanted }),
  )
const sum = (world: TestWorld, today = TODAY) => sumUpQuarantine(world, { authority: AUTHORITY, today })
const refusalOf = (received: Received) =>
  received.outcome === 'received' ? received.draft.refusal : undefined

describe('a record that its sender can mend', () => {
  test('is in quarantine, told of by its place and the reason alone', async () => {
    const world = await openHeld()
    const told = {
      authority: AUTHORITY,
      submissionId: 's1',
      layout: 'penalty-2018@1',
      until: '2026-06-12',
      state: 'open',
    }
    expect(await list(world)).toEqual([
      {
        ...told,
        index: 1,
        group: 'date',
        code: 'DATE_INVALID',
        path: '/records/1/CF_JDRQ',
        reason: expect.any(String),
      },
      {
        ...told,
        index: 3,
        group: 'missing',
        code: 'FIELD_MISSING',
        path: '/records/3/CF_CFJG',
        reason: expect.any(String),
      },
    ])
    expect(await list(world, { group: 'date' })).toMatchObject([{ index: 1 }])
    expect(await list(world, { from: { submissionId: 's1', index: 2 } })).toMatchObject([{ index: 3 }])
    expect(await list(world, { submissionId: 's0' })).toEqual([])
    expect(await list(world, { authority: 'authority-1' })).toEqual([])
    world.close()
  })

  test('is counted by reason, a record about a person nowhere', async () => {
    const world = await openHeld()
    const none = { authority: AUTHORITY, open: 0, mended: 0, lapsed: 0 }
    expect(await sum(world)).toEqual([
      { ...none, group: 'date', code: 'DATE_INVALID', open: 1 },
      { ...none, group: 'missing', code: 'FIELD_MISSING', open: 1 },
    ])
    const after = addDays(day('2026-06-12'), 1)
    expect(await sum(world, after)).toMatchObject([
      { open: 0, lapsed: 1 },
      { open: 0, lapsed: 1 },
    ])
    expect(await list(world, { today: after })).toMatchObject([{ state: 'lapsed' }, { state: 'lapsed' }])
    expect(await list(world, { today: day('2026-06-12') })).toMatchObject([
      { state: 'open' },
      { state: 'open' },
    ])
    world.close()
  })
})

describe('what mends', () => {
  test('names the places, which are closed; the others stay open', async () => {
    const world = await openHeld()
    await send(world, 's2', [good], { mends: { submissionId: 's1', places: [3] } })
    expect(await list(world)).toMatchObject([
      { index: 1, state: 'open' },
      { index: 3, state: 'mended', mendedBy: 's2' },
    ])
    expect(await sum(world)).toMatchObject([
      { open: 1, mended: 0 },
      { code: 'FIELD_MISSING', open: 0, mended: 1 },
    ])
    expect(await findReceipt(world.store, AUTHORITY, 's2')).toMatchObject({
      mends: { submissionId: 's1', places: [3] },
      accepted: 1,
    })
    world.close()
  })

  test('means all that are open, in their order, where it names none, and its receipt says which', async () => {
    const world = await openHeld()
    await send(world, 's2', [good, good], { mends: { submissionId: 's1' } })
    expect(await list(world)).toMatchObject([
      { index: 1, mendedBy: 's2' },
      { index: 3, mendedBy: 's2' },
    ])
    expect(await findReceipt(world.store, AUTHORITY, 's2')).toMatchObject({
      mends: { submissionId: 's1', places: [1, 3] },
    })
    await send(world, 's3', [late, late, late])
    await send(world, 's4', [good], { mends: { submissionId: 's3', places: [1] } })
    await send(world, 's5', [good, good], { mends: { submissionId: 's3' } })
    expect(await list(world, { submissionId: 's3' })).toMatchObject([
      { index: 0, mendedBy: 's5' },
      { index: 1, mendedBy: 's4' },
      { index: 2, mendedBy: 's5' },
    ])
    world.close()
  })

  test('closes no place whose record is refused again, and opens none of its own', async () => {
    const world = await openHeld()
    await send(world, 's2', [person, good], { mends: { submissionId: 's1', places: [3, 1] } })
    const held = [
      { submissionId: 's1', index: 1, state: 'mended', mendedBy: 's2' },
      { submissionId: 's1', index: 3, state: 'open' },
    ]
    expect(await list(world)).toMatchObject(held)
    await send(world, 's3', [late], { mends: { submissionId: 's1' } })
    expect(await list(world)).toMatchObject(held)
    expect(await sum(world)).toMatchObject([
      { code: 'DATE_INVALID', open: 0, mended: 1 },
      { code: 'FIELD_MISSING', open: 1, mended: 0 },
    ])
    await send(world, 's4', [good], { mends: { submissionId: 's1' } })
    expect(await list(world)).toMatchObject([{ mendedBy: 's2' }, { mendedBy: 's4' }])
    world.close()
  })

  test.each([
    ['a submission that there is not', { mends: { submissionId: 's9' } }, 'MENDS_UNKNOWN', '/mends'],
    ["another authority's", { mends: { submissionId: 's1' }, authority: 1 }, 'MENDS_UNKNOWN', '/mends'],
    [
      'more places than it has records',
      { mends: { submissionId: 's1', places: [1, 3] } },
      'MENDS_DIFFERS',
      '/mends/places',
    ],
    [
      'no places, and fewer are here than are open',
      { mends: { submissionId: 's1' } },
      'MENDS_DIFFERS',
      '/mends',
    ],
    [
      'what is in another layout',
      { mends: { submissionId: 's1' }, layout: 'licence-2018' },
      'MENDS_DIFFERS',
      '/layout',
    ],
    [
      'a place that is none there',
      { mends: { submissionId: 's1', places: [99] } },
      NOT_OPEN,
      '/mends/places/0',
    ],
    [
      'a record that was accepted',
      { mends: { submissionId: 's1', places: [0] } },
      NOT_OPEN,
      '/mends/places/0',
    ],
    ['a record of a person', { mends: { submissionId: 's1', places: [2] } }, NOT_OPEN, '/mends/places/0'],
    ['a place twice', { mends: { submissionId: 's1', places: [1, 1] } }, NOT_OPEN, '/mends/places/1'],
  ])('is refused whole where it names %s', async (_, sending, code, path) => {
    const world = await openHeld()
    expect(refusalOf(await send(world, 's2', [good], sending))).toMatchObject({ code, path })
    expect(await list(world)).toMatchObject([{ state: 'open' }, { state: 'open' }])
    world.close()
  })

  test('is refused whole where it names a place that is mended, and told how many are open', async () => {
    const world = await openHeld()
    await send(world, 's2', [good], { mends: { submissionId: 's1', places: [3] } })
    expect(
      refusalOf(await send(world, 's3', [good, good], { mends: { submissionId: 's1', places: [1, 3] } })),
    ).toMatchObject({ code: NOT_OPEN, path: '/mends/places/1' })
    expect(refusalOf(await send(world, 's4', [good, good], { mends: { submissionId: 's1' } }))).toMatchObject(
      {
        code: 'MENDS_DIFFERS',
        reason: expect.stringContaining('Places open: 1; records here: 2.'),
      },
    )
    world.close()
  })

  test('has an id that names what it mends as well, and comes again under it as often as it may', async () => {
    const world = await openHeld()
    const outcomeOf = async (mends?: object) =>
      (await send(world, 's2', [good], { ...(mends && { mends }) })).outcome
    const third = { submissionId: 's1', places: [3] }
    expect(await outcomeOf(third)).toBe('received')
    expect(await outcomeOf(third)).toBe('repeated')
    expect(await outcomeOf({ submissionId: 's1', places: [1] })).toBe('reused')
    expect(await outcomeOf({ submissionId: 's0', places: [3] })).toBe('reused')
    expect(await outcomeOf()).toBe('reused')
    const all = () => send(world, 's3', [nameless], { mends: { submissionId: 's1' } })
    expect((await all()).outcome).toBe('received')
    expect((await all()).outcome).toBe('repeated')
    expect((await send(world, 's3', [nameless])).outcome).toBe('reused')
    world.close()
  })

  test('is refused whole once the day is past', async () => {
    const world = await openHeld()
    const lateWorld = { ...world, now: () => '2026-06-13T00:00:00.000+08:00' as ReturnType<TestWorld['now']> }
    const received = await send(lateWorld, 's2', [good], { mends: { submissionId: 's1' } })
    expect(refusalOf(received)).toMatchObject({ code: 'MENDS_LAPSED' })
    world.close()
  })

  test('is there with its receipt or not at all, wherever its acceptance breaks off', async () => {
    for (const mode of ['failed', 'stored'] as const) {
      const world = await openHeld()
      const from = authorities[0]
      if (from === undefined) expect.fail('no authority')
      const head = envelopeSchema.parse({
        ...{ schemaVersion: '1', submissionId: 's2', layout: 'penalty-2018', sentAt: '2026-05-31T08:00:00Z' },
        ...{ mends: { submissionId: 's1', places: [1] }, records: [good] },
      })
      await receiveSubmission(world, { authority: from, head })
      const draft = world.queues.inbox.log.at(-1)
      await expect(commitDraft(faulty(world, faultsFrom({ crashAt: 1, mode })), draft)).rejects.toThrow(Crash)
      const isThere = (await findReceipt(world.store, AUTHORITY, 's2')) !== undefined
      expect(await list(world, { states: ['mended'] })).toHaveLength(isThere ? 1 : 0)
      await commitDraft(world, draft)
      expect(await list(world, { states: ['mended'] })).toHaveLength(1)
      world.close()
    }
  })
})

test('each reason is in one group, and none that is about whose record it is', () => {
  const codes = reasonGroupNames.flatMap((name) => reasonGroups[name].codes)
  expect(new Set(codes).size).toBe(codes.length)
  for (const code of ['SUBJECT_NATURAL_PERSON', 'SUBJECT_INDIVIDUAL_BUSINESS', 'SUBMISSION_DEAD'] as const)
    expect(groupOf(code)).toBeUndefined()
})

test.each(layouts)(
  'of names, IDs and mobile numbers in every column of $name nothing is in quarantine',
  async (layout) => {
    const world = openTestWorld()
    const planted = ['张三丰', RESIDENT_ID, MOBILE_NUMBER, `张三丰 ${RESIDENT_ID}`, '\ud800张三丰']
    const wrong = layout.columns.filter(
      ({ required, kind }) => required || kind === 'uscc' || kind === 'identifier',
    )
    const sent = layout.columns.flatMap(({ code }) =>
      planted.flatMap((value) =>
        wrong.map((column) => ({ ...minimalRow(layout), [column.code]: '', [code]: value })),
      ),
    )
    await send(world, 's1', sent, { layout: layout.name })
    const told = await list(world)
    expect(told.length).toBeGreaterThan(10)
    const stored = [JSON.stringify([told, await sum(world), await findReceipt(world.store, AUTHORITY, 's1')])]
    for (const place of [
      ...stored,
      JSON.stringify(
        await Array.fromAsync(world.store.list({ table: 'ledger', partition: `quarantine#${AUTHORITY}` })),
      ),
    ]) {
      for (const value of ['张三丰', RESIDENT_ID.slice(0, 17), MOBILE_NUMBER])
        expect(place).not.toContain(value)
    }
    // Of a number nothing at all; a name may stand in a text of a record that was taken
    const archived = (await readAll(world)).join()
    for (const value of [RESIDENT_ID.slice(0, 17), MOBILE_NUMBER]) expect(archived).not.toContain(value)
    world.close()
  },
)
