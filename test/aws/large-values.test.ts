import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { openLargeValues } from '../../shared/aws/large-values.ts'
import { sha256 } from '../../shared/base/digest.ts'

const client = mockClient(S3Client)
beforeEach(() => client.reset())

const values = openLargeValues({ client: new S3Client({ region: 'us-east-1' }), bucket: 'records' })
const body = Buffer.from('a large value')
const sha = sha256(body)

function fault(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode } })
}

function found(bytes: Uint8Array, ETag = '"a"') {
  return { Body: { transformToByteArray: async () => bytes } as never, ETag }
}

const puts = () => client.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => input)

describe('a value that lies apart', () => {
  test('that is there already, by another or by a put that was reported failed, is left as it is', async () => {
    client.on(PutObjectCommand).rejects(fault('PreconditionFailed', 412))
    client.on(GetObjectCommand).resolves(found(body))
    await values.put(sha, body)
    const wanted = { Bucket: 'records', Key: `values/${sha}`, IfNoneMatch: '*' }
    expect(puts()).toEqual([{ ...wanted, Body: body }])
  })

  test.each([
    ['was damaged since', found(Buffer.from('a large valve')), { IfMatch: '"a"' }],
    ['is empty', found(new Uint8Array()), { IfMatch: '"a"' }],
    ['was taken away meanwhile', fault('NoSuchKey', 404), { IfNoneMatch: '*' }],
  ])('that is there already and %s is put right when it comes again', async (_, there, when) => {
    client.on(PutObjectCommand).rejectsOnce(fault('PreconditionFailed', 412)).resolves({})
    if (there instanceof Error) client.on(GetObjectCommand).rejects(there)
    else client.on(GetObjectCommand).resolves(there)
    await values.put(sha, body)
    expect(puts()).toHaveLength(2)
    expect(puts()[1]).toMatchObject({ Key: `values/${sha}`, Body: body, ...when })
  })

  test('that another put right at the same time is the same', async () => {
    client.on(PutObjectCommand).rejects(fault('PreconditionFailed', 412))
    client.on(GetObjectCommand).resolves(found(Buffer.from('a large valve')))
    await values.put(sha, body)
    expect(puts()).toHaveLength(2)
  })

  test('that cannot be looked at is not known to be there', async () => {
    client.on(PutObjectCommand).rejects(fault('PreconditionFailed', 412))
    client.on(GetObjectCommand).rejects(fault('SlowDown', 503))
    await expect(values.put(sha, body)).rejects.toMatchObject({ name: 'SlowDown' })
  })

  // Two that put it at once: S3 says which was first only once it is done with one
  test.each([
    ['ConditionalRequestConflict', 409],
    ['SlowDown', 503],
    ['AccessDenied', 403],
  ])('whose put ends in %s (%i) is not known to be there', async (name, status) => {
    client.on(PutObjectCommand).rejects(fault(name, status))
    await expect(values.put(sha, body)).rejects.toMatchObject({ name })
  })

  test('that is not there is nothing; one that may not be read is a fault', async () => {
    client.on(GetObjectCommand).rejectsOnce(fault('NoSuchKey', 404)).rejects(fault('AccessDenied', 403))
    expect(await values.find(sha)).toBeUndefined()
    await expect(values.find(sha)).rejects.toMatchObject({ name: 'AccessDenied' })
  })
})
