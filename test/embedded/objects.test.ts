import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Instant } from '../../shared/base/instant.ts'
import { openObjects } from '../../shared/embedded/objects.ts'
import type { ObjectKey, Objects } from '../../shared/ports.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { startProcess } from './other-process.ts'

const now = (): Instant => '2026-11-23T08:00:00.000Z' as Instant
const HOUR_MS = 60 * 60 * 1000

test('what a crash left half written is listed nowhere, and cleared away after a day', async () => {
  const directory = await temporaryDirectory()
  await mkdir(join(directory, '.temporary'))
  await writeOld(join(directory, '.temporary', 'young'), 23)
  await writeOld(join(directory, '.temporary', 'old'), 25)
  const objects = await openObjects(directory, { now })
  expect(await readdir(join(directory, '.temporary'))).toEqual(['young'])
  for (const area of ['archive', 'ledger', 'evidence'] as const) {
    expect(await paths(objects, { area, path: '' })).toEqual([])
  }
})

test('a package is gone after thirty days, when nobody may download it any more; nothing else is', async () => {
  const directory = await temporaryDirectory()
  for (const area of ['packages', 'evidence'] as const) {
    await mkdir(join(directory, area, 'case-1'), { recursive: true })
    await writeOld(join(directory, area, 'case-1', 'young'), 30 * 24 - 1)
    await writeOld(join(directory, area, 'case-1', 'old'), 30 * 24 + 1)
  }
  const objects = await openObjects(directory, { now })
  expect(await paths(objects, { area: 'packages', path: '' })).toEqual(['case-1/young'])
  expect(await paths(objects, { area: 'evidence', path: '' })).toEqual(['case-1/old', 'case-1/young'])
})

test('no put leaves a temporary file, stored or not', async () => {
  const directory = await temporaryDirectory()
  const objects = await openObjects(directory)
  const key: ObjectKey = { area: 'ledger', path: 'checkpoint' }
  await objects.put(key, Buffer.from('1'), 'absent')
  await objects.put(key, Buffer.from('2'), 'absent')
  await objects.put(key, Buffer.from('3'), { tag: (await objects.find(key))?.tag ?? '' })
  await objects.put(key, Buffer.from('4'), { tag: 'another' })
  expect(await readdir(join(directory, '.temporary'))).toEqual([])
})

test('of processes that count up one object none loses a step', async () => {
  const directory = await temporaryDirectory()
  const objects = await openObjects(directory)
  const key: ObjectKey = { area: 'ledger', path: 'counter' }
  await objects.put(key, Buffer.from('0'), 'absent')
  await Promise.all([1, 2, 3].map(() => startProcess('countObject', directory, 'counter', '20').ended))
  expect(Buffer.from((await objects.find(key))?.body ?? []).toString()).toBe('60')
})

test('a path cannot be an object and the beginning of another one, whichever came first', async () => {
  const objects = await openObjects(await temporaryDirectory())
  const [short, long] = [objectKey('a'), objectKey('a/b')]
  const refusal = { code: 'OBJECT_KEY_INVALID', retryable: false }
  await objects.put(short, Buffer.from('a'), 'absent')
  await expect(objects.put(long, Buffer.from('b'), 'absent')).rejects.toMatchObject(refusal)
  expect(await objects.find(long)).toBeUndefined()
  await objects.remove(short)
  await objects.put(long, Buffer.from('b'), 'absent')
  await expect(objects.put(short, Buffer.from('a'), 'absent')).rejects.toMatchObject(refusal)
  expect(await objects.find(short)).toBeUndefined()
  expect(await objects.put(short, Buffer.from('a'), { tag: 'any' })).toBe('exists')
  await objects.remove(short)
  expect(await paths(objects, { area: 'archive', path: '' })).toEqual(['a/b'])
})

function objectKey(path: string): ObjectKey {
  return { area: 'archive', path }
}

async function paths(objects: Objects, under: ObjectKey): Promise<readonly string[]> {
  const listed: string[] = []
  for await (const { path } of objects.list(under)) listed.push(path)
  return listed
}

async function writeOld(file: string, hours: number): Promise<void> {
  const written = new Date(Date.parse(now()) - hours * HOUR_MS)
  await writeFile(file, 'half')
  await utimes(file, written, written)
}
