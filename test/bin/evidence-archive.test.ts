import { unzipSync, zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { packEvidence, unpackEvidence } from '../../bin/evidence-archive.ts'
import { type Evidence, findEvidence } from '../../shared/ledger/evidence.ts'
import { sealEntries } from '../ledger/sealed-log.ts'
import { openTestWorld } from '../records/world.ts'

async function evidenceOf(count: number): Promise<readonly Evidence[]> {
  const world = openTestWorld()
  await sealEntries(world, 0, count)
  const list = await Promise.all(Array.from({ length: count }, (_, at) => findEvidence(world, `entry-${at}`)))
  world.close()
  return list.filter((each) => each !== undefined && each !== 'pending')
}

test('an archive that is as it was packed gives back the evidence, whatever the time zone', async () => {
  const list = await evidenceOf(3)
  const packed = packEvidence(list)
  expect(unpackEvidence(packed)).toEqual({ list, changedAt: undefined })
  const zone = process.env['TZ']
  for (const other of ['Asia/Shanghai', 'America/St_Johns']) {
    process.env['TZ'] = other
    expect(Buffer.compare(packEvidence(list), packed)).toBe(0)
  }
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
})

test('one byte of an archive that is another is found out wherever it is', async () => {
  const packed = packEvidence(await evidenceOf(2))
  for (const at of packed.keys()) {
    const other = Uint8Array.from(packed)
    other[at] = (other[at] ?? 0) ^ 0x01
    const unpacked = unpackEvidence(other)
    expect(unpacked === undefined || unpacked.changedAt !== undefined, `at ${at}`).toBe(true)
  }
})

test('an archive that is cut off, goes on or is packed anew is no longer whole', async () => {
  const packed = packEvidence(await evidenceOf(2))
  const files = unzipSync(packed)
  expect(unpackEvidence(packed.subarray(0, -1))).toBeUndefined()
  expect(unpackEvidence(Buffer.concat([packed, Buffer.of(0)]))?.changedAt).toBeDefined()
  expect(unpackEvidence(zipSync(files))?.changedAt).toBeDefined()
  const { 'leaves/0': _, ...lacking } = files
  expect(unpackEvidence(zipSync(lacking, { level: 0, mtime: new Date(1980, 0, 1) }))?.changedAt).toBeDefined()
})
