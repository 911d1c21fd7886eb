import { describe, expect, test } from 'vitest'
import { instantOf } from '../../shared/base/instant.ts'
import { openCheckpoint } from '../../shared/ledger/checkpoint.ts'
import {
  archivedCheckpointPath,
  CHECKPOINT_PATH,
  logKey,
  readTrusted,
  SECOND_VERIFIER_KEY_PATH,
  VERIFIER_KEY_PATH,
} from '../../shared/ledger/log.ts'
import { sealPending } from '../../shared/ledger/seal.ts'
import { findLedgerSize } from '../../shared/ledger/sealed.ts'
import { formatVerifierKey, type VerifierKey, verifierKey } from '../../shared/ledger/verifier-key.ts'
import { watchLog } from '../../shared/ledger/watch.ts'
import type { EcdsaSigner } from '../../shared/ports.ts'
import { Crash, faultsFrom, faulty, type Schedule } from '../faults.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { openEcdsaSigner } from './keys.ts'
import { overwrite, readFiles } from './sealed-log.ts'

type SecondedWorld = TestWorld & { readonly secondSigner: EcdsaSigner }

async function withWorld(
  work: (world: SecondedWorld) => Promise<void>,
  wanted: 'none' | 'ecdsa-p256' = 'ecdsa-p256',
): Promise<void> {
  const world = openTestWorld()
  const ledger = { ...world.settings.ledger, secondSigner: wanted }
  const seconded = { ...world, secondSigner: openEcdsaSigner(), settings: { ...world.settings, ledger } }
  await work(seconded).finally(() => world.close())
}

async function seal(world: Parameters<typeof sealPending>[0], id: string): Promise<void> {
  await world.store.commit([], { id, kind: 'test', at: instantOf(0), payload: null })
  await sealPending(world)
}

function keysOf({ settings, signer, secondSigner }: SecondedWorld): readonly [VerifierKey, VerifierKey] {
  const { origin } = settings.ledger
  return [
    verifierKey(origin, 'ed25519', signer.verifierKey),
    verifierKey(origin, 'ecdsa-p256', secondSigner.verifierKey),
  ]
}

async function open(world: SecondedWorld, path: string, keys: readonly VerifierKey[]): Promise<string> {
  const { body } = (await world.objects.find(logKey(path))) ?? { body: new Uint8Array() }
  const opened = openCheckpoint(body, { origin: world.settings.ledger.origin, keys, witnesses: [] })
  return opened.outcome === 'refused' ? opened.code : opened.outcome
}

async function textAt({ objects }: SecondedWorld, path: string): Promise<string | undefined> {
  const found = await objects.find(logKey(path))
  return found && Buffer.from(found.body).toString('utf8')
}

describe('a log with a second signer', () => {
  test('has checkpoints that either key alone makes believed, the archived ones too', async () => {
    await withWorld(async (world) => {
      const [first, second] = keysOf(world)
      await seal(world, 'a')
      for (const path of [CHECKPOINT_PATH, archivedCheckpointPath(1)]) {
        for (const keys of [[first], [second], [first, second]])
          expect(await open(world, path, keys)).toBe('opened')
        const stranger = verifierKey(first.name, 'ecdsa-p256', openEcdsaSigner().verifierKey)
        expect(await open(world, path, [stranger])).toBe('SIGNER_UNKNOWN')
      }
    })
  })

  test('shows both keys beside it, of which the service believes both', async () => {
    await withWorld(async (world) => {
      const [first, second] = keysOf(world)
      await seal(world, 'a')
      expect(await textAt(world, VERIFIER_KEY_PATH)).toBe(`${formatVerifierKey(first)}\n`)
      expect(await textAt(world, SECOND_VERIFIER_KEY_PATH)).toBe(`${formatVerifierKey(second)}\n`)
      const { origin } = world.settings.ledger
      expect(await readTrusted(world.objects, origin)).toEqual({
        origin,
        keys: [first, second],
        witnesses: [],
      })
    })
  })

  test('is found wanting by its watcher as soon as either signature is another', async () => {
    await withWorld(async (world) => {
      await seal(world, 'a')
      const trust = await readTrusted(world.objects, world.settings.ledger.origin)
      if (trust === undefined) throw new Error('no key beside the log')
      expect((await watchLog(world, trust)).findings).toEqual([])
      const note = Buffer.from((await readFiles(world)).get(CHECKPOINT_PATH) ?? []).toString('utf8')
      const lines = note.trimEnd().split('\n').slice(4)
      expect(lines).toHaveLength(2)
      for (const line of lines) {
        const other = `${line.slice(0, -12)}${line.at(-12) === 'A' ? 'B' : 'A'}${line.slice(-11)}`
        await overwrite(world, CHECKPOINT_PATH, Buffer.from(note.replace(line, other)))
        expect((await watchLog(world, trust)).findings).toEqual([
          { code: 'SIGNATURE_INVALID', path: CHECKPOINT_PATH },
        ])
      }
    })
  })

  test('gets it with the next checkpoint when that is decided later, and loses it likewise', async () => {
    await withWorld(async (world) => {
      const [first, second] = keysOf(world)
      const seconded = { ...world.settings.ledger, secondSigner: 'ecdsa-p256' as const }
      await seal(world, 'a')
      expect(await open(world, CHECKPOINT_PATH, [second])).toBe('SIGNER_UNKNOWN')
      expect(await textAt(world, SECOND_VERIFIER_KEY_PATH)).toBeUndefined()
      await seal({ ...world, settings: { ...world.settings, ledger: seconded } }, 'b')
      expect(await open(world, CHECKPOINT_PATH, [second])).toBe('opened')
      expect(await textAt(world, SECOND_VERIFIER_KEY_PATH)).toBe(`${formatVerifierKey(second)}\n`)
      await seal(world, 'c')
      expect(await open(world, CHECKPOINT_PATH, [second])).toBe('SIGNER_UNKNOWN')
      expect(await open(world, CHECKPOINT_PATH, [first])).toBe('opened')
    }, 'none')
  })

  test('never shows a signature of it before the key that verifies it, wherever the sealer dies', async () => {
    const faults = faultsFrom()
    await withWorld((world) => seal(faulty(world, faults), 'a'))
    for (let crashAt = 2; crashAt <= faults.writes; crashAt++) {
      for (const mode of ['failed', 'stored'] as const satisfies Schedule['mode'][]) {
        await withWorld(async (world) => {
          await expect(seal(faulty(world, faultsFrom({ crashAt, mode })), 'a')).rejects.toThrow(Crash)
          const isShown = (await textAt(world, CHECKPOINT_PATH)) !== undefined
          const hasKey = (await textAt(world, SECOND_VERIFIER_KEY_PATH)) !== undefined
          expect(!isShown || hasKey, `at ${crashAt}, ${mode}`).toBe(true)
          await sealPending(world)
          expect(await open(world, CHECKPOINT_PATH, keysOf(world))).toBe('opened')
        })
      }
    }
  })

  test('numbers nothing as long as it is not there', async () => {
    await withWorld(async ({ secondSigner: _, ...world }) => {
      await expect(seal(world, 'a')).rejects.toMatchObject({
        code: 'SECOND_SIGNER_MISSING',
        retryable: false,
      })
      expect(await findLedgerSize(world.store)).toBe(0)
    })
  })
})
