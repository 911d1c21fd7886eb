import { describe, expect, test } from 'vitest'
import { openCheckpoint } from '../../shared/ledger/checkpoint.ts'
import { cosign } from '../../shared/ledger/cosignature.ts'
import {
  archivedCheckpointPath,
  CHECKPOINT_PATH,
  logKey,
  publishCheckpoint,
} from '../../shared/ledger/log.ts'
import { emptyRoot } from '../../shared/ledger/merkle.ts'
import { parseNote } from '../../shared/ledger/note.ts'
import { formatSignature } from '../../shared/ledger/signature.ts'
import { formatVerifierKey, verifierKey } from '../../shared/ledger/verifier-key.ts'
import { cosignCheckpoint, type Post, witnessesIn } from '../../shared/ledger/witness.ts'
import { Crash, faultsFrom, faulty } from '../faults.ts'
import { openTestWorld, type TestWorld } from '../records/world.ts'
import { openMemorySigner } from '../signer.ts'
import { signerOf } from './keys.ts'
import { overwrite, sealEntries, trustIn } from './sealed-log.ts'
import { openWitness, TIME_SECONDS, type WitnessDouble } from './witness-double.ts'

const NAME = 'witness.example'

async function withLog(size: number, work: (world: TestWorld, double: WitnessDouble) => Promise<void>) {
  const world = openTestWorld()
  await sealEntries(world, 0, size)
  await work(world, openWitness(NAME, trustIn(world))).finally(() => world.close())
}

const ask = (world: TestWorld, { witness, post }: Pick<WitnessDouble, 'witness' | 'post'>) =>
  cosignCheckpoint(world, [witness], post)

/** Who is known to have seen the checkpoint that is published. */
async function seenBy(world: TestWorld, ...doubles: readonly WitnessDouble[]) {
  const found = await world.objects.find(logKey(CHECKPOINT_PATH))
  const trust = { ...trustIn(world), witnesses: doubles.map(({ witness }) => witness.key) }
  const opened = openCheckpoint(found?.body ?? new Uint8Array(), trust)
  if (opened.outcome === 'refused') throw new Error(opened.code)
  return opened.seen.map(({ witness, timeSeconds }) => ({ name: witness.name, timeSeconds }))
}

async function keptEvidence(world: TestWorld): Promise<readonly string[]> {
  const paths: string[] = []
  for await (const { path } of world.objects.list({ area: 'evidence', path: 'cosignatures' }))
    paths.push(path)
  return paths
}

async function published(world: TestWorld): Promise<Uint8Array> {
  return (await world.objects.find(logKey(CHECKPOINT_PATH)))?.body ?? new Uint8Array()
}

const cosigned = [{ witness: NAME, outcome: 'cosigned' }]

describe('a witness', () => {
  test('that never saw the log signs it: the checkpoint shows it, and the evidence keeps it', async () => {
    await withLog(3, async (world, double) => {
      expect(await ask(world, double)).toEqual(cosigned)
      expect(double.asked).toEqual([0])
      expect(await seenBy(world, double)).toEqual([{ name: NAME, timeSeconds: TIME_SECONDS }])
      expect(await keptEvidence(world)).toEqual([`cosignatures/000000000003-${double.witness.key.id}`])
      const kept = await world.objects.find({
        ...{ area: 'evidence', path: `cosignatures/000000000003-${double.witness.key.id}` },
      })
      const trust = { ...trustIn(world), keys: [], witnesses: [double.witness.key] }
      // What the witness signed verifies, and the log's own signature is not in it
      expect(openCheckpoint(kept?.body ?? new Uint8Array(), trust)).toMatchObject({
        code: 'LOG_SIGNATURE_MISSING',
      })
    })
  })

  test.each([1, 2, 3, 255, 256, 300])(
    'that knows the log at size %i tells so, and is shown that it only grew',
    async (size) => {
      await withLog(size, async (world, double) => {
        await ask(world, double)
        await sealEntries(world, size, size + 270)
        expect(await ask(world, double)).toEqual(cosigned)
        expect(double.asked).toEqual([0, 0, size])
        expect(double.seen.size).toBe(size + 270)
        expect(await keptEvidence(world)).toHaveLength(2)
      })
    },
  )

  test('that has signed the newest checkpoint is not asked again', async () => {
    await withLog(3, async (world, double) => {
      await ask(world, double)
      expect(await ask(world, double)).toEqual([])
      expect(double.asked).toEqual([0])
    })
  })

  test('that has signed it while we died before keeping that signs it again', async () => {
    await withLog(3, async (world, double) => {
      const before = await published(world)
      await ask(world, double)
      await overwrite(world, CHECKPOINT_PATH, before)
      expect(await ask(world, double)).toEqual(cosigned)
      expect(double.asked).toEqual([0, 0, 3])
      expect(await seenBy(world, double)).toHaveLength(1)
    })
  })

  test.each([1, 2].flatMap((crashAt) => (['failed', 'stored'] as const).map((mode) => ({ crashAt, mode }))))(
    'is in the checkpoint and the evidence, once, though we died at write $crashAt ($mode)',
    async (death) => {
      await withLog(3, async (world, double) => {
        const { witness, post } = double
        const dying = cosignCheckpoint(faulty(world, faultsFrom(death)), [witness], post)
        await expect(dying).rejects.toThrow(Crash)
        const isWhole = death.crashAt === 2 && death.mode === 'stored'
        expect(await ask(world, double)).toEqual(isWhole ? [] : cosigned)
        expect(await seenBy(world, double)).toHaveLength(1)
        expect(await keptEvidence(world)).toHaveLength(1)
      })
    },
  )

  test('is one of several: each signature is in the checkpoint, whoever is first', async () => {
    await withLog(3, async (world) => {
      const doubles = ['a', 'b', 'c', 'd'].map((name) => openWitness(`${name}.example`, trustIn(world)))
      const post: Post = async (url, body) => {
        const double = doubles.find(({ witness }) => url.startsWith(witness.url))
        return double?.post(url, body) ?? { status: 404, body: '' }
      }
      const witnesses = doubles.map(({ witness }) => witness)
      const told = await cosignCheckpoint(world, witnesses, post)
      expect(told.map(({ outcome }) => outcome)).toEqual(doubles.map(() => 'cosigned'))
      expect(await seenBy(world, ...doubles)).toHaveLength(4)
      expect(await keptEvidence(world)).toHaveLength(4)
    })
  })

  test('that two of ours ask at once is in the checkpoint once', async () => {
    await withLog(3, async (world, double) => {
      await Promise.all([ask(world, double), ask(world, double)])
      const note = parseNote(await published(world))
      if (note.outcome === 'refused') expect.fail(note.code)
      expect(note.note.signatures.map(({ name }) => name)).toEqual([world.settings.ledger.origin, NAME])
    })
  })
})

describe('the log goes on as it was, and the outcome is told, when a witness', () => {
  const answering =
    (answer: Awaited<ReturnType<Post>>): Post =>
    async () =>
      answer
  const table: readonly (readonly [string, Post, object])[] = [
    ['is out', () => Promise.reject(new Error('ECONNREFUSED')), { outcome: 'unreachable' }],
    ['knows nothing of the log', answering({ status: 404, body: '' }), { outcome: 'declined', status: 404 }],
    ['does not know its key', answering({ status: 403, body: '' }), { outcome: 'declined', status: 403 }],
    ['finds no growth', answering({ status: 422, body: '' }), { outcome: 'declined', status: 422 }],
    ['is broken', answering({ status: 500, body: 'oops' }), { outcome: 'declined', status: 500 }],
    ['says no size', answering({ status: 409, body: 'many\n' }), { outcome: 'declined', status: 409 }],
    [
      'says one size after another',
      answering({ status: 409, body: '2\n' }),
      { outcome: 'declined', status: 409 },
    ],
    [
      'knows more than is published',
      answering({ status: 409, body: '9\n' }),
      { outcome: 'declined', status: 409 },
    ],
    ['signs nothing', answering({ status: 200, body: '' }), { outcome: 'not-its-signature' }],
    [
      'answers with no signature',
      answering({ status: 200, body: '— x y\n' }),
      { outcome: 'not-its-signature' },
    ],
  ]

  test.each(table)('%s', async (_, post, outcome) => {
    await withLog(3, async (world, double) => {
      const before = await published(world)
      expect(await ask(world, { ...double, post })).toEqual([{ witness: NAME, ...outcome }])
      expect(await published(world)).toEqual(before)
      expect(await keptEvidence(world)).toEqual([])
      await sealEntries(world, 3, 4)
      expect(await ask(world, double), 'once it is back').toEqual(cosigned)
    })
  })

  test.each([
    ['with another key under its name', openMemorySigner(), 'the checkpoint'],
    ['something else', signerOf(NAME), 'another text'],
  ] as const)('signs %s', async (_, signer, what) => {
    await withLog(3, async (world, double) => {
      const post: Post = async (_url, body) => {
        const note = parseNote(Buffer.from(body.slice(body.indexOf('\n\n') + 2)))
        const shown = note.outcome === 'parsed' ? note.note.text : expect.fail(note.code)
        const text = what === 'the checkpoint' ? shown : `${shown}more\n`
        const signature = await cosign(text, { name: NAME, signer, timeSeconds: TIME_SECONDS })
        // Under the id that is known, so that it is taken for its own
        return { status: 200, body: `${formatSignature({ ...signature, id: double.witness.key.id })}\n` }
      }
      expect(await ask(world, { ...double, post })).toEqual([{ witness: NAME, outcome: 'not-its-signature' }])
      expect(await seenBy(world, double)).toEqual([])
      expect(await keptEvidence(world)).toEqual([])
    })
  })

  test('adds lines of others to its own: they are left out', async () => {
    await withLog(3, async (world, double) => {
      const other = openWitness('other.example', trustIn(world))
      const post: Post = async (url, body) => {
        const own = await double.post(url, body)
        const foreign = await other.post('https://other.example/submit/add-checkpoint', body)
        return { ...own, body: `${foreign.body}\n${own.body}` }
      }
      expect(await ask(world, { ...double, post })).toEqual(cosigned)
      expect(await seenBy(world, double, other)).toEqual([{ name: NAME, timeSeconds: TIME_SECONDS }])
    })
  })

  test('really knows more than is published, because ours was rolled back: it signs nothing', async () => {
    await withLog(3, async (world, double) => {
      const before = await published(world)
      await sealEntries(world, 3, 9)
      await ask(world, double)
      await overwrite(world, CHECKPOINT_PATH, before)
      expect(await ask(world, double)).toEqual([{ witness: NAME, outcome: 'declined', status: 400 }])
      expect(double.seen.size).toBe(9)
    })
  })

  test('is shown a fork: it declines, and goes on declining', async () => {
    await withLog(300, async (world, double) => {
      await ask(world, double)
      double.seen = { ...double.seen, root: emptyRoot }
      await sealEntries(world, 300, 301)
      for (let time = 0; time < 2; time++) {
        expect(await ask(world, double)).toEqual([{ witness: NAME, outcome: 'declined', status: 422 }])
      }
    })
  })

  test('signs while the log grows: what it signed is kept, and the newer checkpoint stays as it is', async () => {
    await withLog(3, async (world, double) => {
      const post: Post = async (url, body) => {
        await sealEntries(world, 3, 5)
        return double.post(url, body)
      }
      expect(await ask(world, { ...double, post })).toEqual(cosigned)
      expect(await seenBy(world, double)).toEqual([])
      expect(await keptEvidence(world)).toHaveLength(1)
      expect(await ask(world, double), 'the next time').toEqual(cosigned)
      expect(await seenBy(world, double)).toHaveLength(1)
    })
  })
})

test('without a checkpoint nobody is asked', async () => {
  const world = openTestWorld()
  expect(await ask(world, openWitness(NAME, trustIn(world)))).toEqual([])
  world.close()
})

test('the log grows over a checkpoint that witnesses signed', async () => {
  await withLog(3, async (world, double) => {
    await ask(world, double)
    await sealEntries(world, 3, 4)
    const signing = { origin: world.settings.ledger.origin, signer: world.signer }
    await publishCheckpoint(world.objects, { size: 3, root: double.seen.root }, signing)
    const note = parseNote(await published(world))
    expect(note).toMatchObject({ note: { signatures: [{ name: world.settings.ledger.origin }] } })
    expect(await world.objects.find(logKey(archivedCheckpointPath(4)))).toBeDefined()
  })
})

describe('the witnesses that a deployment names', () => {
  const vkey = formatVerifierKey(verifierKey(NAME, 'cosignature', signerOf(NAME).verifierKey))
  const settingsWith = (world: TestWorld, ...keys: readonly string[]) => ({
    ...world.settings,
    ledger: {
      ...world.settings.ledger,
      witnesses: keys.map((each) => ({ url: 'https://witness.example/', vkey: each })),
    },
  })

  test('are read with their keys', async () => {
    await withLog(0, async (world) => {
      expect(witnessesIn(settingsWith(world, vkey))).toMatchObject([{ key: { name: NAME } }])
    })
  })

  test.each([
    ['text', 'key'],
    ['the key of a log', formatVerifierKey(verifierKey('log', 'ed25519', signerOf('log').verifierKey))],
  ])('are refused, and the place told, where one has %s in place of its key', async (_, wrong) => {
    await withLog(0, async (world) => {
      expect(() => witnessesIn(settingsWith(world, vkey, wrong))).toThrowError(
        expect.objectContaining({
          code: 'SETTINGS_INVALID',
          facts: expect.objectContaining({ path: '/witnesses/1/vkey' }),
        }),
      )
    })
  })
})
