import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Actor } from '../../shared/base/actor.ts'
import { type Instant, instantOf } from '../../shared/base/instant.ts'
import {
  type CaseEvent,
  type DisclosureCase,
  foldCase,
  type Step,
  stateOf,
} from '../../shared/disclosure/case.ts'
import type { Command } from '../../shared/disclosure/command.ts'
import { submittedStep } from '../../shared/disclosure/new-case.ts'
import { refusalGrounds } from '../../shared/disclosure/refusal.ts'
import { parseSent } from '../../shared/disclosure/request.ts'
import {
  disclosedFieldNames,
  type Narrowing,
  narrowScope,
  type Scope,
} from '../../shared/disclosure/scope.ts'
import {
  type CaseState,
  type CommandKind,
  caseStates,
  commandKinds,
  transitions,
} from '../../shared/disclosure/states.ts'
import { attemptOf, transition } from '../../shared/disclosure/transition.ts'
import {
  alpha,
  auditor,
  beta,
  datasetUser,
  gamma,
  insider,
  officerA,
  officerB,
  officerC,
  operator,
  otherAgency,
  policy,
  requester,
  sampleRequest,
  start,
  steward,
} from './sample.ts'

const digest = 'cd'.repeat(32) as Extract<Step, { kind: 'downloaded' }>['ciphertextSha256']

function submitted(changes: Readonly<Record<string, unknown>> = {}): DisclosureCase {
  const parsed = parseSent(sampleRequest(changes))
  if (parsed.outcome === 'refused') throw new Error(parsed.code)
  const step = submittedStep('nanjing-bureau', parsed.request)
  return foldCase('ca5e', [{ number: 1, at: start, actor: requester, attempt: 'a1', step }])!
}

/** Nobody, where a test does not say who. */
const revoked: ReadonlySet<string> = new Set()

function hours(count: number): Instant {
  return instantOf(Date.parse(start) + count * 60 * 60 * 1000)
}

function commandOf(kind: CommandKind, current: DisclosureCase): Command {
  const { scopeSha256 } = current
  const bodies: Record<CommandKind, Command> = {
    approve: { kind: 'approve', scopeSha256 },
    narrow: { kind: 'narrow', scopeSha256, narrowing: { organisations: [alpha] }, reason: 'One is enough' },
    refuse: { kind: 'refuse', code: 'RC-SCOPE', reason: 'Overbroad' },
    release: { kind: 'release' },
    download: { kind: 'download' },
    withdraw: { kind: 'withdraw' },
  }
  return bodies[kind]
}

type Move = { readonly actor: Actor; readonly command: Command; readonly now?: Instant }

/** Decides and appends; a refused move is no step of any sample. */
function play(current: DisclosureCase, { actor, command, now = start }: Move): DisclosureCase {
  const decision = transition(current, command, { actor, now, policy, revoked })
  if (decision.outcome === 'refused') throw new Error(decision.code)
  const step: Step =
    decision.step.kind === 'released'
      ? {
          ...decision.step,
          package: {
            ledgerSize: 0,
            validAt: now,
            packageSha256: digest,
            ciphertextSha256: digest,
            sizeBytes: 1,
            counts: { organisations: 2, disclosed: 0, notHeld: 2, withheld: 0, fields: 3 },
          },
        }
      : decision.step
  const number = current.events.length + 1
  const event: CaseEvent = { number, at: now, actor, attempt: `a${number}`, step }
  return foldCase(current.id, [...current.events, event])!
}

function caseAfter(
  moves: readonly (readonly [Actor, CommandKind])[],
  beginning: DisclosureCase = submitted(),
): DisclosureCase {
  return moves.reduce(
    (current, [actor, kind]) => play(current, { actor, command: commandOf(kind, current) }),
    beginning,
  )
}

const approvals = [
  [officerA, 'approve'],
  [officerB, 'approve'],
] as const
const released = [...approvals, [officerA, 'release']] as const

type Sample = {
  readonly title: string
  readonly state: CaseState
  readonly current: DisclosureCase
  readonly now: Instant
}

const samples: readonly Sample[] = [
  { title: 'submitted', state: 'Submitted', current: submitted(), now: start },
  {
    title: 'with one approval',
    state: 'AwaitingSecondApproval',
    current: caseAfter([[officerA, 'approve']]),
    now: start,
  },
  { title: 'approved', state: 'Approved', current: caseAfter(approvals), now: start },
  { title: 'released', state: 'Released', current: caseAfter(released), now: start },
  {
    title: 'downloaded',
    state: 'Downloaded',
    current: caseAfter([...released, [requester, 'download']]),
    now: start,
  },
  { title: 'refused', state: 'Refused', current: caseAfter([[officerA, 'refuse']]), now: start },
  { title: 'withdrawn', state: 'Withdrawn', current: caseAfter([[requester, 'withdraw']]), now: start },
  { title: 'whose instrument ran out', state: 'Expired', current: submitted(), now: hours(24 * 40) },
  { title: 'whose approvals ran out', state: 'Expired', current: caseAfter(approvals), now: hours(73) },
]

/** What the right side of each command gets, an officer without an approval of their own standing for officers. */
const expected: Readonly<Record<string, readonly [string, string, string, string, string, string]>> = {
  // approve, narrow, refuse, release, download, withdraw
  submitted: ['approved', 'narrowed', 'refused', 'NOT_APPROVED', 'NOT_RELEASED', 'withdrawn'],
  'with one approval': ['approved', 'narrowed', 'refused', 'NOT_APPROVED', 'NOT_RELEASED', 'withdrawn'],
  approved: ['ALREADY_APPROVED', 'narrowed', 'refused', 'released', 'NOT_RELEASED', 'withdrawn'],
  released: [
    'ALREADY_RELEASED',
    'ALREADY_RELEASED',
    'ALREADY_RELEASED',
    'ALREADY_RELEASED',
    'downloaded',
    'ALREADY_RELEASED',
  ],
  downloaded: [
    'ALREADY_DOWNLOADED',
    'ALREADY_DOWNLOADED',
    'ALREADY_DOWNLOADED',
    'ALREADY_DOWNLOADED',
    'ALREADY_DOWNLOADED',
    'ALREADY_DOWNLOADED',
  ],
  refused: ['CASE_REFUSED', 'CASE_REFUSED', 'CASE_REFUSED', 'CASE_REFUSED', 'CASE_REFUSED', 'CASE_REFUSED'],
  withdrawn: [
    'CASE_WITHDRAWN',
    'CASE_WITHDRAWN',
    'CASE_WITHDRAWN',
    'CASE_WITHDRAWN',
    'CASE_WITHDRAWN',
    'CASE_WITHDRAWN',
  ],
  'whose instrument ran out': [
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
  ],
  'whose approvals ran out': [
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
    'CASE_EXPIRED',
  ],
}

const officerCommands: readonly CommandKind[] = ['approve', 'narrow', 'refuse', 'release']

function expectedFor(title: string, kind: CommandKind): Record<string, string> {
  const right = expected[title]![commandKinds.indexOf(kind)]!
  const isOfficers = officerCommands.includes(kind)
  const officer = isOfficers ? right : 'ROLE_NOT_ALLOWED'
  return {
    'bureau-desk-1': isOfficers ? 'ROLE_NOT_ALLOWED' : right,
    'bureau-desk-2': isOfficers ? 'ROLE_NOT_ALLOWED' : right,
    'tax-desk-1': 'CASE_NOT_FOUND',
    'stray-desk': 'CASE_NOT_FOUND',
    'officer-a': title === 'with one approval' && kind === 'approve' ? 'SAME_OFFICER' : officer,
    'officer-b': officer,
    'officer-c': officer,
    'officer-i': isOfficers ? 'OFFICER_OF_REQUESTING_AUTHORITY' : 'ROLE_NOT_ALLOWED',
    'turned-officer': isOfficers ? 'OFFICER_OF_REQUESTING_AUTHORITY' : 'ROLE_NOT_ALLOWED',
    'builder-1': 'CASE_NOT_FOUND',
    'steward-1': 'ROLE_NOT_ALLOWED',
    'auditor-1': 'ROLE_NOT_ALLOWED',
    'operator-1': 'ROLE_NOT_ALLOWED',
  }
}

/** The one who submitted and now is an officer keeps the principal's name. */
const turnedOfficer: Actor = { name: requester.name, role: 'compliance' }

const everybody: readonly (readonly [string, Actor])[] = [
  ...[
    requester,
    { ...requester, name: 'bureau-desk-2' },
    otherAgency,
    { name: 'stray-desk', role: 'agency' } as const,
  ],
  ...[officerA, officerB, officerC, insider, datasetUser, steward, auditor, operator],
].map((actor) => [actor.name, actor] as const)

describe.each(samples)('a case $title', ({ title, state, current, now }) => {
  test(`is ${state}`, () => {
    expect(stateOf(current, { now, policy })).toBe(state)
  })

  test.each(commandKinds)('answers each kind of person who would %s', (kind) => {
    const answers = [...everybody, ['turned-officer', turnedOfficer] as const].map(([name, actor]) => {
      const decision = transition(current, commandOf(kind, current), { actor, now, policy, revoked })
      return [name, decision.outcome === 'refused' ? decision.code : decision.step.kind]
    })
    expect(Object.fromEntries(answers)).toEqual(expectedFor(title, kind))
  })

  test('goes where the table of transitions says', () => {
    for (const kind of commandKinds) {
      const row = transitions.find((each) => each.from === state && each.by === kind)
      const actor = officerCommands.includes(kind) ? officerC : requester
      if (row === undefined) continue
      const next = play(current, { actor, command: commandOf(kind, current), now })
      expect([kind, stateOf(next, { now, policy })]).toEqual([kind, row.to])
    }
  })
})

describe('the states', () => {
  test('all have a sample here', () => {
    expect(new Set(samples.map(({ state }) => state))).toEqual(new Set(caseStates))
  })

  test('lead nowhere from a state that ends a case', () => {
    const ends = ['Downloaded', 'Refused', 'Withdrawn', 'Expired']
    expect(transitions.filter(({ from }) => ends.includes(from))).toEqual([])
  })
})

describe('an approval', () => {
  test('counts to the last moment of its 72 hours and not a millisecond longer', () => {
    const current = caseAfter(approvals)
    const justAfter = instantOf(Date.parse(hours(72)) + 1)
    expect(stateOf(current, { now: hours(72), policy })).toBe('Approved')
    expect(stateOf(current, { now: justAfter, policy })).toBe('Expired')
  })

  test('that stands alone and ran out was no decision: the case is Submitted again and its officer may approve', () => {
    const current = caseAfter([[officerA, 'approve']])
    const now = hours(73)
    expect(stateOf(current, { now, policy })).toBe('Submitted')
    const again = play(current, { actor: officerA, command: commandOf('approve', current), now })
    expect(stateOf(again, { now, policy })).toBe('AwaitingSecondApproval')
    const second = play(again, { actor: officerB, command: commandOf('approve', again), now })
    expect(stateOf(second, { now, policy })).toBe('Approved')
  })

  test('makes an approved case Expired as soon as the older of the two ran out', () => {
    const first = caseAfter([[officerA, 'approve']])
    const current = play(first, { actor: officerB, command: commandOf('approve', first), now: hours(71) })
    expect(stateOf(current, { now: hours(72), policy })).toBe('Approved')
    expect(stateOf(current, { now: hours(73), policy })).toBe('Expired')
  })

  test('does not name what was narrowed since: an old sight is refused', () => {
    const before = submitted()
    const narrowed = caseAfter([[officerB, 'narrow']])
    const decision = transition(narrowed, commandOf('approve', before), {
      actor: officerA,
      now: start,
      policy,
      revoked,
    })
    expect(decision).toMatchObject({ code: 'SCOPE_CHANGED', path: '/scopeSha256' })
  })

  test('is void once the case is narrowed, and the officer who narrowed may approve the rest', () => {
    const narrowed = caseAfter([...approvals, [officerB, 'narrow']])
    expect(stateOf(narrowed, { now: start, policy })).toBe('Submitted')
    const release = transition(
      narrowed,
      { kind: 'release' },
      { actor: officerC, now: start, policy, revoked },
    )
    expect(release).toMatchObject({ code: 'NOT_APPROVED' })
    const one = play(narrowed, { actor: officerB, command: commandOf('approve', narrowed) })
    const two = play(one, { actor: officerA, command: commandOf('approve', one) })
    expect(stateOf(two, { now: start, policy })).toBe('Approved')
  })

  test('of another scope, request or key does not count even if the fold kept it', () => {
    const current = caseAfter(approvals)
    for (const member of ['scopeSha256', 'requestSha256', 'recipientKeyThumbprint'] as const) {
      const forged = current.approvals.map((approval) => ({ ...approval, [member]: 'ef'.repeat(32) }))
      expect(stateOf({ ...current, approvals: forged } as DisclosureCase, { now: start, policy })).not.toBe(
        'Approved',
      )
    }
  })

  test('given twice by one officer never makes two', () => {
    const [first] = caseAfter([[officerA, 'approve']]).approvals
    const current = { ...submitted(), approvals: [first!, { ...first!, place: 2 as const }] }
    expect(stateOf(current, { now: start, policy })).not.toBe('Approved')
  })
})

describe('the instrument', () => {
  test('holds to the end of its last day in China', () => {
    const current = submitted()
    expect(stateOf(current, { now: '2026-12-20T15:59:59.999Z' as Instant, policy })).toBe('Submitted')
    expect(stateOf(current, { now: '2026-12-20T16:00:00.000Z' as Instant, policy })).toBe('Expired')
  })

  test('that ran out ends a released case that nobody downloaded, and leaves a downloaded one as it is', () => {
    const now = hours(24 * 40)
    expect(stateOf(caseAfter(released), { now, policy })).toBe('Expired')
    expect(stateOf(caseAfter([...released, [requester, 'download']]), { now, policy })).toBe('Downloaded')
  })
})

describe('a released package', () => {
  test('waits for its download 30 days and not a millisecond longer, whatever the instrument says', () => {
    const instrument = { ...(sampleRequest()['instrument'] as object), expiresOn: '9999-12-31' }
    const current = caseAfter(released, submitted({ instrument }))
    const justAfter = instantOf(Date.parse(hours(720)) + 1)
    expect(stateOf(current, { now: hours(720), policy })).toBe('Released')
    expect(stateOf(current, { now: justAfter, policy })).toBe('Expired')
    const download = transition(
      current,
      { kind: 'download' },
      { actor: requester, now: justAfter, policy, revoked },
    )
    expect(download).toMatchObject({ code: 'CASE_EXPIRED' })
  })

  test('waits for as long as the deployment has it', () => {
    const current = caseAfter(released)
    expect(stateOf(current, { now: hours(2), policy: { ...policy, packageTtlHours: 1 } })).toBe('Expired')
  })
})

describe('a text of an officer', () => {
  test.each(['refuse', 'narrow'] as const)('to %s a case holds no person’s number', (kind) => {
    const current = submitted()
    const command = { ...commandOf(kind, current), reason: 'Ask 13900000000' } as Command
    const decision = transition(current, command, { actor: officerA, now: start, policy, revoked })
    expect(decision).toMatchObject({ code: 'PERSONAL_DATA', path: '/reason' })
  })

  test('rests on a ground with a Chinese and an English name', () => {
    for (const ground of refusalGrounds) expect([ground.zh, ground.en]).not.toContain('')
  })
})

describe('a narrowing', () => {
  const scope: Scope = {
    organisations: [alpha, beta],
    fields: ['name', 'licences', 'penalties'],
    window: { from: '2023-01-01', to: '2025-12-31' } as Scope['window'],
  }

  test.each<[string, Narrowing, string, string]>([
    ['adds an organisation', { organisations: [alpha, gamma] }, 'NARROWING_WIDENS', '/organisations/1'],
    [
      'names an organisation twice',
      { organisations: [alpha, alpha] },
      'NARROWING_WIDENS',
      '/organisations/1',
    ],
    ['adds a field', { fields: ['address'] }, 'NARROWING_WIDENS', '/fields/0'],
    [
      'begins earlier',
      { window: { from: '2022-12-31', to: '2025-12-31' } as Scope['window'] },
      'NARROWING_WIDENS',
      '/window/from',
    ],
    [
      'ends later',
      { window: { from: '2023-01-01', to: '2026-01-01' } as Scope['window'] },
      'NARROWING_WIDENS',
      '/window/to',
    ],
    ['leaves no organisation', { organisations: [] }, 'NARROWING_EMPTY', '/organisations'],
    ['leaves no field', { fields: [] }, 'NARROWING_EMPTY', '/fields'],
    [
      'leaves no day',
      { window: { from: '2024-02-02', to: '2024-02-01' } as Scope['window'] },
      'NARROWING_EMPTY',
      '/window',
    ],
    ['says nothing', {}, 'NARROWING_CHANGES_NOTHING', ''],
    ['says the same in another order', { organisations: [beta, alpha] }, 'NARROWING_CHANGES_NOTHING', ''],
  ])('that %s is none', (_title, narrowing, fault, path) => {
    expect(narrowScope(scope, narrowing)).toEqual({ fault, path })
  })

  test('that widens one part is refused though it narrows another', () => {
    expect(narrowScope(scope, { organisations: [alpha], fields: ['name', 'address'] })).toMatchObject({
      fault: 'NARROWING_WIDENS',
    })
  })

  test('is a strict subset in every part, or none at all', () => {
    const days = fc
      .integer({ min: 0, max: 2_500 })
      .map((day) => instantOf(Date.parse('2021-01-01T00:00:00Z') + day * 86_400_000).slice(0, 10))
    const narrowings = fc.record(
      {
        organisations: fc.array(fc.constantFrom(alpha, beta, gamma), { maxLength: 3 }),
        fields: fc.array(fc.constantFrom(...disclosedFieldNames.slice(0, 5), 'licences', 'penalties'), {
          maxLength: 4,
        }),
        window: fc.record({ from: days, to: days }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(narrowings, (narrowing) => {
        const narrowed = narrowScope(scope, narrowing as Narrowing)
        if ('fault' in narrowed) return
        const { organisations, fields, window } = narrowed.scope
        expect(organisations.every((code) => scope.organisations.includes(code))).toBe(true)
        expect(fields.every((name) => scope.fields.includes(name))).toBe(true)
        expect(
          scope.window.from <= window.from && window.from <= window.to && window.to <= scope.window.to,
        ).toBe(true)
        expect(Math.min(organisations.length, fields.length)).toBeGreaterThan(0)
        const size = organisations.length + fields.length + Date.parse(window.to) - Date.parse(window.from)
        expect(size).toBeLessThan(5 + Date.parse(scope.window.to) - Date.parse(scope.window.from))
      }),
      { numRuns: 500 },
    )
  })
})

describe('two approvals', () => {
  test('of two officers for the scope as it is stand before every release, whatever is tried', () => {
    const actors = [requester, officerA, officerB, officerC, insider, otherAgency]
    const narrowings: readonly Narrowing[] = [
      { organisations: [alpha] },
      { fields: ['name'] },
      { fields: ['name', 'licences'] },
    ]
    const moves = fc.array(
      fc.record({
        actor: fc.constantFrom(...actors),
        kind: fc.constantFrom(...commandKinds, 'approve', 'approve', 'release'),
        wait: fc.integer({ min: 0, max: 40 }),
        narrowing: fc.constantFrom(...narrowings),
      }),
      { maxLength: 14 },
    )
    let releases = 0
    fc.assert(
      fc.property(moves, (each) => {
        let current = submitted()
        let at = 0
        for (const { actor, kind, wait, narrowing } of each) {
          at += wait
          const base = commandOf(kind, current)
          const command = base.kind === 'narrow' ? { ...base, narrowing } : base
          if (transition(current, command, { actor, now: hours(at), policy, revoked }).outcome === 'refused')
            continue
          if (kind === 'release') {
            releases++
            const since = current.events.findLastIndex(
              ({ step }) => step.kind === 'narrowed' || step.kind === 'submitted',
            )
            const officers = current.events
              .slice(since)
              .filter(
                (event) =>
                  event.step.kind === 'approved' &&
                  Date.parse(hours(at)) - Date.parse(event.at) <= 72 * 3_600_000,
              )
            expect(new Set(officers.map((event) => event.actor.name)).size).toBeGreaterThanOrEqual(2)
          }
          current = play(current, { actor, command, now: hours(at) })
        }
      }),
      { numRuns: 400, seed: 7 },
    )
    expect(releases).toBeGreaterThan(0)
  })
})

describe('a release', () => {
  const releaseWithout = (current: DisclosureCase, officer: Actor) =>
    transition(
      current,
      { kind: 'release' },
      { actor: officerC, now: start, policy, revoked: new Set([officer.name]) },
    )

  test('rests on approvals of people who are officers still, the first as the second', () => {
    for (const officer of [officerA, officerB]) {
      expect(releaseWithout(caseAfter(approvals), officer)).toMatchObject({ code: 'APPROVER_REVOKED' })
    }
  })

  test('does not mind who else is none any longer, those included whose approval a narrowing voided', () => {
    expect(releaseWithout(caseAfter(approvals), officerC).outcome).toBe('decided')
    const again = [
      [officerB, 'narrow'],
      [officerB, 'approve'],
      [officerC, 'approve'],
    ] as const
    expect(releaseWithout(caseAfter([...approvals, ...again]), officerA).outcome).toBe('decided')
  })
})

describe('a refused attempt', () => {
  const refusal = { outcome: 'refused', code: 'SAME_OFFICER', reason: '' } as const

  test('is kept, ten times in 24 hours for one person and command, and then again', () => {
    let current = caseAfter([[officerA, 'approve']])
    const command = commandOf('approve', current)
    const keep = (now: Instant): boolean => {
      const step = attemptOf(current, command, { actor: officerA, now, policy, refusal })
      if (step === undefined) return false
      const event = { number: current.events.length + 1, at: now, actor: officerA, attempt: 'x', step }
      current = foldCase(current.id, [...current.events, event])!
      return true
    }
    expect(Array.from({ length: 12 }, () => keep(start)).filter(Boolean)).toHaveLength(10)
    expect(attemptOf(current, command, { actor: officerB, now: start, policy, refusal })).toBeDefined()
    expect(
      attemptOf(current, { kind: 'release' }, { actor: officerA, now: start, policy, refusal }),
    ).toBeDefined()
    expect(keep(hours(24))).toBe(true)
  })

  test('changes nothing about the case', () => {
    const current = caseAfter([[officerA, 'approve']])
    const step = attemptOf(current, commandOf('approve', current), {
      actor: officerA,
      now: start,
      policy,
      refusal,
    })!
    const next = foldCase(current.id, [
      ...current.events,
      { number: 3, at: start, actor: officerA, attempt: 'x', step },
    ])!
    expect({ ...next, events: [] }).toEqual({ ...current, events: [] })
  })

  test('of somebody to whom there is no such case is not', () => {
    const outside = { outcome: 'refused', code: 'CASE_NOT_FOUND', reason: '' } as const
    expect(
      attemptOf(
        submitted(),
        { kind: 'download' },
        { actor: otherAgency, now: start, policy, refusal: outside },
      ),
    ).toBeUndefined()
  })
})
