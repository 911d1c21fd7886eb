import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../shared/base/digest.ts'
import { type Delivery, receiveSubmission } from '../../shared/ingest/receive.ts'
import { csvOf, fileDelivery, rows, streamOf, take, withWorld } from './sample.ts'

const layout = 'licence-2018'
const row = rows[layout]
const text = csvOf([Object.keys(row), Object.values(row)])
const bytes = Buffer.from(text)

describe('a file that comes bit by bit', () => {
  const sent = (chunks: readonly Uint8Array[], stated?: string): Delivery => {
    const { authority, head } = fileDelivery('', 'csv', { layout })
    return { authority, head, file: { format: 'csv', bytes: streamOf(...chunks), sha256: stated } }
  }
  const inBytes = [...bytes].map((byte) => Uint8Array.of(byte))

  test('is named by its bytes, however they are cut', async () => {
    const named = sha256(`${layout}\n${sha256(bytes)}`)
    for (const chunks of [[bytes], inBytes, [new Uint8Array(), bytes, new Uint8Array()]]) {
      await withWorld(async (world) => {
        const { draft, records } = await take(world, sent(chunks))
        expect(draft).toMatchObject({ sha256: named, sizeBytes: bytes.length, accepted: 1 })
        expect(records).toHaveLength(1)
        expect((await receiveSubmission(world, sent(inBytes))).outcome).toBe('repeated')
        expect((await receiveSubmission(world, sent([bytes, bytes]))).outcome).toBe('reused')
      })
    }
  })

  test('is named by all of its bytes, though it is refused at the first of them', async () => {
    const broken = Buffer.concat([Buffer.from('"a"b,\r\n'), Buffer.alloc(2_000_000, 'x')])
    const chunks = [broken.subarray(0, 1_000_000), broken.subarray(1_000_000)]
    await withWorld(async (world) => {
      const { draft } = await take(world, sent(chunks))
      const path = '/rows/0/columns/0'
      expect(draft).toMatchObject({ received: 0, parts: [], refusal: { code: 'CSV_MALFORMED', path } })
      expect(draft).toMatchObject({
        sha256: sha256(`${layout}\n${sha256(broken)}`),
        sizeBytes: broken.length,
      })
    })
  })

  test('is not received where it is not the file that was stated', async () => {
    await withWorld(async (world) => {
      expect(await receiveSubmission(world, sent([bytes], sha256('x')))).toEqual({ outcome: 'changed' })
      expect(world.queues.inbox.log).toEqual([])
      expect((await receiveSubmission(world, sent([bytes], sha256(bytes)))).outcome).toBe('received')
    })
  })

  test('and breaks off with a fault is not received; its source is let go of, as every other is', async () => {
    await withWorld(async (world) => {
      let isOpen = true
      const fault = new Error('the sender is gone')
      async function* breaking() {
        try {
          yield bytes
          throw fault
        } finally {
          isOpen = false
        }
      }
      const { authority, head } = fileDelivery('', 'csv', { layout })
      await expect(receiveSubmission(world, { authority, head, file: { bytes: breaking() } })).rejects.toBe(
        fault,
      )
      expect({ isOpen, inbox: world.queues.inbox.log }).toEqual({ isOpen: false, inbox: [] })
    })
  })
})

describe('whatever the size of a file, receiving it takes as much memory as ever:', () => {
  const run = promisify(execFile)
  const program = fileURLToPath(new URL('receive-generated.ts', import.meta.url))

  // Held whole, the text alone would pass the heap, and the bytes what is left of the bound
  test.each([
    ['csv', 100],
    ['ndjson', 100],
    ['json', 100],
    ['xml', 100],
    ['csv.gz', 100],
  ] as const)('%s of %d MB', { timeout: 300_000 }, async (format, megabytes) => {
    const args = ['--max-old-space-size=64', program, format, String(megabytes)]
    const { stdout } = await run(process.execPath, args)
    const { accepted, peakBytes } = JSON.parse(stdout) as { accepted: number; peakBytes: number }
    expect(accepted).toBeGreaterThan(megabytes * 900)
    expect(peakBytes).toBeLessThan(350_000_000)
  })
})
