import { describe, expect, test } from 'vitest'
import { archivedCheckpointPath, CHECKPOINT_PATH } from '../../shared/ledger/log.ts'
import { formatNote, parseNote } from '../../shared/ledger/note.ts'
import { signText } from '../../shared/ledger/signature.ts'
import { parseVerifierKey, type VerifierKey } from '../../shared/ledger/verifier-key.ts'
import { verifyLog } from '../../shared/ledger/verify.ts'
import { openTestWorld } from '../records/world.ts'
import { openEcdsaSigner, signerOf } from './keys.ts'
import { filesOf, readFiles, sealEntries } from './sealed-log.ts'

/** A log of two signers with full tiles, a level above them, and partial files of sizes that it has outgrown. */
async function openLog() {
  const opened = openTestWorld()
  const ledger = { ...opened.settings.ledger, secondSigner: 'ecdsa-p256' as const }
  const world = { ...opened, secondSigner: openEcdsaSigner(), settings: { ...opened.settings, ledger } }
  for (const [from, to] of [
    [0, 250],
    [250, 300],
    [300, 310],
    [310, 515],
    [515, 530],
  ] as const)
    await sealEntries(world, from, to)
  const files = await readFiles(world)
  world.close()
  return files
}

function keysIn(files: ReadonlyMap<string, Uint8Array>): readonly VerifierKey[] {
  return ['vkey', 'vkey-ecdsa-p256'].map((path) => {
    const parsed = parseVerifierKey(
      Buffer.from(files.get(path) ?? [])
        .toString('utf8')
        .trim(),
    )
    if (parsed.outcome === 'refused') throw new Error(parsed.code)
    return parsed.key
  })
}

async function look(files: ReadonlyMap<string, Uint8Array>, keys: readonly VerifierKey[]) {
  const trust = { origin: keys[0]?.name ?? '', keys, witnesses: [] }
  return (await verifyLog(filesOf(files), { trust, isEveryKey: true })).findings
}

const files = await openLog()
const keys = keysIn(files)

test('a log with partial files of earlier sizes is found whole', async () => {
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([
      ...['tile/0/002.p/3', 'tile/0/002.p/18', 'tile/1/000.p/1', 'tile/1/000.p/2'],
      ...['tile/entries/002.p/3', 'vkey-ecdsa-p256', archivedCheckpointPath(250)],
    ]),
  )
  expect(await look(files, keys)).toEqual([])
})

describe.each([...files])('one byte that is another in %s', (path, body) => {
  // Every byte of what is short; of what is long each place that is of its own kind, and some between
  const step = Math.max(1, Math.floor(body.length / 150))
  const offsets = [...body.keys()].filter((at) => at < 4 || at % step === 0 || at >= body.length - 2)

  test('is found out wherever it is, and the place is named', async () => {
    for (const at of offsets) {
      const other = Uint8Array.from(body)
      other[at] = (other[at] ?? 0) ^ 0x01
      const findings = await look(new Map(files).set(path, other), keys)
      const blamed = findings.map((finding) => finding.path)
      // Other entries are another tree: what tells on a bundle are the tile over it and the checkpoint
      const places = path.startsWith('tile/entries/')
        ? [path, path.replace('entries', '0')]
        : [path, CHECKPOINT_PATH]
      expect(
        places.some((place) => blamed.includes(place)),
        `at ${at}: ${JSON.stringify(findings)}`,
      ).toBe(true)
    }
  })
})

describe('a signature line', () => {
  test('of somebody else in an archived checkpoint is found out, and in the newest one is a witness’s', async () => {
    const path = archivedCheckpointPath(300)
    const cosigned = async (name: string) => {
      const note = parseNote(files.get(name) ?? new Uint8Array())
      if (note.outcome === 'refused') throw new Error(note.code)
      const { text, signatures } = note.note
      const other = await signText(text, { name: 'witness.example', signer: signerOf('witness.example') })
      return new Map(files).set(name, formatNote({ text, signatures: [...signatures, other] }))
    }
    expect(await look(await cosigned(path), keys)).toEqual([{ code: 'SIGNER_UNKNOWN', path }])
    expect(await look(await cosigned(CHECKPOINT_PATH), keys)).toEqual([])
  })

  test('left out of either is found out', async () => {
    const path = CHECKPOINT_PATH
    const lines = Buffer.from(files.get(path) ?? [])
      .toString('utf8')
      .split('\n')
    const without = [...lines.slice(0, 5), ''].join('\n')
    const findings = await look(new Map(files).set(path, Buffer.from(without)), keys)
    expect(findings).toEqual([{ code: 'SIGNATURE_MISSING', path }])
  })
})

test('an archived checkpoint in another’s place is found out', async () => {
  const path = archivedCheckpointPath(300)
  const moved = new Map(files).set(path, files.get(archivedCheckpointPath(250)) ?? new Uint8Array())
  expect(await look(moved, keys)).toEqual([{ code: 'SIZE_WRONG', path }])
})

test('a key beside the log that is not the one believed is found out', async () => {
  const other = await openLog()
  const moved = new Map(files).set('vkey', other.get('vkey') ?? new Uint8Array())
  expect(await look(moved, keys)).toEqual([{ code: 'FILE_WRONG', path: 'vkey' }])
})
