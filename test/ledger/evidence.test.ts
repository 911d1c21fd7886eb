import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatBase64 } from '../../shared/ledger/encoding.ts'
import { type Evidence, evidenceSchema, findEvidence, verifyEvidence } from '../../shared/ledger/evidence.ts'
import { CHECKPOINT_PATH } from '../../shared/ledger/log.ts'
import { entryKey } from '../../shared/ledger/outbox.ts'
import { verifierKey } from '../../shared/ledger/verifier-key.ts'
import { cosignCheckpoint } from '../../shared/ledger/witness.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { openMemorySigner } from '../signer.ts'
import { overwrite, readFiles, sealEntries, trustIn } from './sealed-log.ts'
import { openWitness, TIME_SECONDS } from './witness-double.ts'

const SIZE = 300
let world: TestWorld
let third: Evidence
beforeAll(async () => {
  world = openTestWorld()
  // Within a bundle, at its end, and beyond
  await sealEntries(world, 0, 7)
  await sealEntries(world, 7, 256)
  await sealEntries(world, 256, SIZE)
  third = await evidenceOf('entry-3')
})
afterAll(() => world.close())

async function evidenceOf(id: string, within: TestWorld = world): Promise<Evidence> {
  const found = await findEvidence(within, id)
  if (found === undefined || found === 'pending') throw new Error(`${id}: ${found}`)
  return evidenceSchema.parse(JSON.parse(JSON.stringify(found)))
}

describe('the evidence of an entry', () => {
  test('verifies for each entry there is, and shows what it says', async () => {
    const numbers = new Set<number>()
    for (let n = 0; n < SIZE; n++) {
      const evidence = await evidenceOf(`entry-${n}`)
      expect(verifyEvidence(evidence, trustIn(world))).toMatchObject({
        ...{ outcome: 'verified', number: evidence.number, opened: true, seen: [] },
        checkpoint: { size: SIZE },
      })
      expect(evidence).toMatchObject({ kind: 'test', opening: { payload: { id: `entry-${n}` } } })
      numbers.add(evidence.number)
    }
    expect(numbers.size).toBe(SIZE)
  })

  test('is not there for an entry that nobody wrote', async () => {
    expect(await findEvidence(world, 'entry-300')).toBeUndefined()
  })

  test('says which witnesses saw the checkpoint, and when', async () => {
    const seen = openTestWorld()
    await sealEntries(seen, 0, 2)
    const { witness, post } = openWitness('witness.example', trustIn(seen))
    await cosignCheckpoint(seen, [witness], post)
    const trust = { ...trustIn(seen), witnesses: [witness.key] }
    expect(verifyEvidence(await evidenceOf('entry-1', seen), trust)).toMatchObject({
      seen: [{ witness: witness.key, timeSeconds: TIME_SECONDS }],
    })
    seen.close()
  })

  test('waits until the entry is sealed, and until a published checkpoint covers it', async () => {
    const growing = openTestWorld()
    await growing.store.commit([], { id: 'entry-0', kind: 'test', at: growing.now(), payload: {} })
    expect(await findEvidence(growing, 'entry-0')).toBe('pending')
    await sealEntries(growing, 1, 2)
    expect(await findEvidence(growing, 'entry-0')).toMatchObject({ id: 'entry-0' })
    const before = (await readFiles(growing)).get(CHECKPOINT_PATH) ?? new Uint8Array()
    await sealEntries(growing, 2, 3)
    // As where a sealer dies between the swap of the head and the checkpoint
    await overwrite(growing, CHECKPOINT_PATH, before)
    expect(await findEvidence(growing, 'entry-2')).toBe('pending')
    growing.close()
  })

  test('of one that is erased verifies, and shows nothing of what it said', async () => {
    const erased = openTestWorld()
    await sealEntries(erased, 0, 3)
    const key = entryKey('entry-1')
    const item = await erased.store.find(key)
    const { payload: _, salt: __, ...stub } = (item?.value ?? {}) as Record<string, string>
    await erased.store.swap({ key, value: stub, when: { revision: item?.revision ?? 0 } })
    const evidence = await evidenceOf('entry-1', erased)
    expect(evidence.opening).toBeUndefined()
    expect(verifyEvidence(evidence, trustIn(erased))).toMatchObject({ outcome: 'verified', opened: false })
    erased.close()
  })
})

describe('evidence is refused', () => {
  const otherSalt = formatBase64(Buffer.alloc(32, 7))
  const table: readonly (readonly [string, (evidence: Evidence) => Partial<Evidence>, string])[] = [
    ['with the number of another entry', ({ number }) => ({ number: number + 1 }), 'NUMBER_WRONG'],
    [
      'with another payload',
      ({ opening }) => ({ opening: { payload: { id: 'x' }, salt: opening?.salt ?? '' } }),
      'OPENING_WRONG',
    ],
    [
      'with one member more in its payload',
      ({ opening }) => ({
        opening: { payload: { ...(opening?.payload as object), more: null }, salt: opening?.salt ?? '' },
      }),
      'OPENING_WRONG',
    ],
    [
      'with no payload',
      ({ opening }) => ({ opening: { payload: undefined, salt: opening?.salt ?? '' } }),
      'OPENING_WRONG',
    ],
    [
      'with another salt',
      ({ opening }) => ({ opening: { payload: opening?.payload, salt: otherSalt } }),
      'OPENING_WRONG',
    ],
    [
      'with a short salt',
      ({ opening }) => ({ opening: { payload: opening?.payload, salt: 'AAAA' } }),
      'OPENING_WRONG',
    ],
    [
      'with a salt that is no base64',
      ({ opening }) => ({ opening: { payload: opening?.payload, salt: '*' } }),
      'OPENING_WRONG',
    ],
    ['with another id', () => ({ id: 'entry-4' }), 'OPENING_WRONG'],
    ['with another kind', () => ({ kind: 'other' }), 'OPENING_WRONG'],
    ['with another time', () => ({ at: '1970-01-01T00:00:00.001Z' }), 'OPENING_WRONG'],
    [
      'with another leaf',
      ({ leaf }) => ({ leaf: leaf.replace(/.(?==)/, (last) => (last === 'A' ? 'E' : 'A')) }),
      'INCLUSION_NOT_PROVEN',
    ],
    ['with a leaf that is not ours', () => ({ leaf: '{}' }), 'INCLUSION_NOT_PROVEN'],
    [
      'with another index in its proof',
      ({ proof }) => ({ proof: proof.replace(/^index \d+$/m, 'index 299') }),
      'INCLUSION_NOT_PROVEN',
    ],
    ['with the proof cut short', ({ proof }) => ({ proof: proof.slice(0, 30) }), 'PROOF_MALFORMED'],
    [
      'with another size in its checkpoint',
      ({ proof }) => ({ proof: proof.replace(/^300$/m, '301') }),
      'SIGNATURE_INVALID',
    ],
  ]

  test.each(table)('%s', (_, change, code) => {
    const changed = { ...third, ...change(third) }
    expect(changed).not.toEqual(third)
    expect(verifyEvidence(changed, trustIn(world))).toEqual({ outcome: 'refused', code })
  })

  test('whole, where the proof is another entry’s', async () => {
    const { proof, number } = await evidenceOf('entry-4')
    expect(verifyEvidence({ ...third, proof, number }, trustIn(world))).toMatchObject({
      code: 'INCLUSION_NOT_PROVEN',
    })
  })

  test('by whoever trusts another key, or another log', () => {
    const { origin, ...trust } = trustIn(world)
    const stranger = verifierKey(origin, 'ed25519', openMemorySigner().verifierKey)
    expect(verifyEvidence(third, { ...trust, origin, keys: [stranger] })).toMatchObject({
      code: 'SIGNER_UNKNOWN',
    })
    expect(verifyEvidence(third, { ...trust, origin: 'other.example' })).toMatchObject({
      code: 'ORIGIN_WRONG',
    })
  })

  test('with any one character of its proof changed', () => {
    const somewhere = fc.record({
      at: fc.nat(third.proof.length - 1),
      to: fc.constantFrom('A', 'b', '0', ' ', '\n', '='),
    })
    fc.assert(
      fc.property(somewhere, ({ at, to }) => {
        fc.pre(third.proof[at] !== to)
        const proof = third.proof.slice(0, at) + to + third.proof.slice(at + 1)
        expect(verifyEvidence({ ...third, proof }, trustIn(world)).outcome).toBe('refused')
      }),
      { numRuns: 500 },
    )
  })
})
