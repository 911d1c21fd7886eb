import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ObjectKey, Objects } from '../../shared/ports.ts'

export type OpenedObjects = {
  readonly objects: Objects
  /** Reads what a link points at, as whoever holds it would. */
  readonly read: (link: string) => Promise<Uint8Array>
  readonly close: () => Promise<void>
}

/** What every object store does. Each test keeps to a prefix of its own: the store may hold other objects. */
export function objectsContract(name: string, open: () => Promise<OpenedObjects>): void {
  describe(`${name}: objects`, () => {
    let opened: OpenedObjects
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())
    const objects = (): Objects => opened.objects

    describe('put', () => putContract(objects))
    describe('list', () => listContract(objects))
    describe('keys', () => keyContract(objects))

    test('a link leads to the body', async () => {
      const key = freshKey()
      await objects().put(key, bytes('to be read'), 'absent')
      expect(text(await opened.read(await objects().link(key, 60)))).toBe('to be read')
    })

    test('what is removed is gone and can be put again; removing what is absent is no fault', async () => {
      const key = freshKey()
      await objects().remove(key)
      await objects().put(key, bytes('first'), 'absent')
      await objects().remove(key)
      await objects().remove(key)
      expect(await objects().find(key)).toBeUndefined()
      expect(await paths(objects(), key)).toEqual([])
      expect(await objects().put(key, bytes('second'), 'absent')).toBe('stored')
    })
  })
}

function putContract(objects: () => Objects): void {
  test('stores what is absent, byte for byte', async () => {
    const key = freshKey()
    const body = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256)
    expect(await objects().find(key)).toBeUndefined()
    expect(await objects().put(key, body, 'absent')).toBe('stored')
    expect(Buffer.compare((await objects().find(key))!.body, body)).toBe(0)
  })

  test('stores an empty body', async () => {
    const key = freshKey()
    expect(await objects().put(key, bytes(''), 'absent')).toBe('stored')
    expect((await objects().find(key))?.body).toHaveLength(0)
  })

  test('never overwrites what it takes for absent, be the content the same or another', async () => {
    const key = freshKey()
    await objects().put(key, bytes('first'), 'absent')
    expect(await objects().put(key, bytes('first'), 'absent')).toBe('exists')
    expect(await objects().put(key, bytes('second'), 'absent')).toBe('exists')
    expect(await readText(objects(), key)).toBe('first')
  })

  test('replaces a body under its tag, which then is another', async () => {
    const key = freshKey()
    await objects().put(key, bytes('first'), 'absent')
    const { tag } = (await objects().find(key))!
    expect(await objects().put(key, bytes('second'), { tag })).toBe('stored')
    expect(await readText(objects(), key)).toBe('second')
    expect((await objects().find(key))?.tag).not.toBe(tag)
    expect(await objects().put(key, bytes('third'), { tag })).toBe('exists')
    expect(await readText(objects(), key)).toBe('second')
  })

  test('replaces nothing where nothing is', async () => {
    const [key, other] = [freshKey(), freshKey()]
    await objects().put(other, bytes('other'), 'absent')
    const { tag } = (await objects().find(other))!
    expect(await objects().put(key, bytes('first'), { tag })).toBe('exists')
    expect(await objects().find(key)).toBeUndefined()
  })

  test('of 20 that put one absent object at once exactly one stores it', async () => {
    const key = freshKey()
    const puts = Array.from({ length: 20 }, (_, n) => objects().put(key, bytes(String(n)), 'absent'))
    const answers = await Promise.all(puts)
    expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1)
    expect(await readText(objects(), key)).toBe(String(answers.indexOf('stored')))
  })

  test('of 20 that replace one body at once exactly one does', async () => {
    const key = freshKey()
    await objects().put(key, bytes('first'), 'absent')
    const { tag } = (await objects().find(key))!
    const puts = Array.from({ length: 20 }, (_, n) => objects().put(key, bytes(String(n)), { tag }))
    const answers = await Promise.all(puts)
    expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1)
    expect(await readText(objects(), key)).toBe(String(answers.indexOf('stored')))
  })
}

function listContract(objects: () => Objects): void {
  test('goes by the bytes of the whole path, so `-` and `.` come before `/`', async () => {
    const under = freshKey()
    const names = ['a/z', 'a-b', 'a.b/c', 'a0', 'B', 'a=1/x', '_', 'a/b/c', 'a/b-c', 'a/b.c']
    await putAll(objects(), under, names)
    const sorted = ['B', '_', 'a-b', 'a.b/c', 'a/b-c', 'a/b.c', 'a/b/c', 'a/z', 'a0', 'a=1/x']
    expect(await paths(objects(), under)).toEqual(sorted.map((name) => `${under.path}/${name}`))
  })

  test('reaches whole segments only, and not the object of that very name', async () => {
    const under = freshKey()
    await putAll(objects(), under, ['v1/a', 'v1/b', 'v10/a', 'v1.json', 'w'])
    const inside = { ...under, path: `${under.path}/v1` }
    expect(await paths(objects(), inside)).toEqual([`${inside.path}/a`, `${inside.path}/b`])
    expect(await paths(objects(), { ...under, path: `${under.path}/w` })).toEqual([])
    expect(await paths(objects(), { ...under, path: `${under.path}/v` })).toEqual([])
  })

  test('an empty path lists the whole area, and no other area', async () => {
    const under = freshKey()
    await putAll(objects(), under, ['x'])
    expect(await paths(objects(), { area: under.area, path: '' })).toContain(`${under.path}/x`)
    expect(await paths(objects(), { area: 'packages', path: under.path })).toEqual([])
    expect(await objects().find({ area: 'packages', path: `${under.path}/x` })).toBeUndefined()
  })

  test('gives keys that find what they name', async () => {
    const under = freshKey()
    await putAll(objects(), under, ['a/b', 'c'])
    for await (const key of objects().list(under)) expect(await readText(objects(), key)).toBe(key.path)
  })
}

function keyContract(objects: () => Objects): void {
  const bad = [
    '',
    '.',
    '..',
    '../x',
    'a/../b',
    'a//b',
    '/a',
    'a/',
    'a/./b',
    'a b',
    'a\\b',
    'a\0',
    '名称',
    'a%2e',
    '~',
  ]

  test.each(bad)('a path that leads elsewhere or is no path is refused: %j', async (path) => {
    const key: ObjectKey = { area: 'archive', path }
    const refusal = { code: 'OBJECT_KEY_INVALID', retryable: false }
    await expect(objects().find(key)).rejects.toMatchObject(refusal)
    await expect(objects().put(key, bytes('x'), 'absent')).rejects.toMatchObject(refusal)
    await expect(objects().remove(key)).rejects.toMatchObject(refusal)
    await expect(objects().link(key, 60)).rejects.toMatchObject(refusal)
    if (path !== '') await expect(paths(objects(), key)).rejects.toMatchObject(refusal)
  })

  test('names of dots, digits, dashes and equal signs are paths like any other', async () => {
    const under = freshKey()
    const names = ['...', '.a', 'day=2026-11-23/part_0.parquet', '-']
    await putAll(objects(), under, names)
    expect(await paths(objects(), under)).toHaveLength(names.length)
  })
}

function freshKey(): ObjectKey {
  return { area: 'evidence', path: `contract/${randomUUID()}` }
}

async function putAll(objects: Objects, under: ObjectKey, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = `${under.path}/${name}`
    await objects.put({ area: under.area, path }, bytes(path), 'absent')
  }
}

async function paths(objects: Objects, under: ObjectKey): Promise<readonly string[]> {
  const listed: string[] = []
  for await (const { path } of objects.list(under)) listed.push(path)
  return listed
}

async function readText(objects: Objects, key: ObjectKey): Promise<string | undefined> {
  const found = await objects.find(key)
  return found && text(found.body)
}

function bytes(body: string): Uint8Array {
  return new TextEncoder().encode(body)
}

function text(body: Uint8Array): string {
  return new TextDecoder().decode(body)
}
