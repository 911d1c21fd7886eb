import { describe, expect, test } from 'vitest'
import { Failure } from '../../shared/base/failure.ts'
import type { ObjectKey, Objects } from '../../shared/ports.ts'
import { putContent } from '../../shared/records/content-addressed.ts'
import { openMemoryObjects } from '../memory-objects.ts'

const key: ObjectKey = { area: 'archive', path: 'parts/ab/abcd' }
const whole = Buffer.from('all of it')

async function holding(body: Uint8Array): Promise<Objects> {
  const objects = openMemoryObjects()
  await objects.put(key, body, 'absent')
  return objects
}

async function bodyIn(objects: Objects): Promise<string> {
  return Buffer.from((await objects.find(key))?.body ?? '').toString()
}

describe('what is stored under the name of its content', () => {
  test.each([
    ['cut off', 'all o'],
    ['emptied', ''],
    ['turned into something else', 'not it at'],
  ])('is put right by whoever brings it again, once it was %s', async (_, damaged) => {
    const objects = await holding(Buffer.from(damaged))
    await putContent(objects, key, whole)
    expect(await bodyIn(objects)).toBe('all of it')
  })

  test('is not written again where it is whole', async () => {
    const objects = await holding(whole)
    const puts: unknown[] = []
    const put: Objects['put'] = async (_key, _body, when) => {
      puts.push(when)
      return 'exists'
    }
    await putContent({ ...objects, put }, key, whole)
    expect(puts).toEqual(['absent'])
  })

  test('that somebody else puts right at the same time is right', async () => {
    const objects = await holding(Buffer.from('all o'))
    const find: Objects['find'] = async (wanted) => {
      const found = await objects.find(wanted)
      await putContent(objects, key, whole)
      return found
    }
    await putContent({ ...objects, find }, key, whole)
    expect(await bodyIn(objects)).toBe('all of it')
  })

  test('is not said to be stored where it could not be looked at', async () => {
    const objects = await holding(Buffer.from('all o'))
    const find = () => Promise.reject(new Failure('OBJECTS_FAILED', { retryable: false }))
    await expect(putContent({ ...objects, find }, key, whole)).rejects.toMatchObject({
      code: 'OBJECTS_FAILED',
    })
  })
})
