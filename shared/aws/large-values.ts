import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { sha256 } from '../base/digest.ts'
import { faultName } from './fault.ts'
import type { LargeValues } from './value.ts'

/**
 * Large values in a bucket, each under `values/` and its SHA-256. What is there already ought to be the same; where it
 * was damaged since, it is replaced, so that whoever brings the value again puts right what everybody shares.
 */
export function openLargeValues({
  client,
  bucket,
}: {
  readonly client: S3Client
  readonly bucket: string
}): LargeValues {
  const nameOf = (sha: string) => ({ Bucket: bucket, Key: `values/${sha}` })
  const find = async (sha: string) => {
    try {
      const found = await client.send(new GetObjectCommand(nameOf(sha)))
      return { body: (await found.Body?.transformToByteArray()) ?? new Uint8Array(), tag: found.ETag ?? '' }
    } catch (fault) {
      if (faultName(fault) === 'NoSuchKey') return undefined
      throw fault
    }
  }
  const put = async (sha: string, body: Uint8Array, when: When): Promise<'stored' | 'exists'> => {
    try {
      await client.send(new PutObjectCommand({ ...nameOf(sha), Body: body, ...when }))
      return 'stored'
    } catch (fault) {
      if (faultName(fault) === 'PreconditionFailed') return 'exists'
      throw fault
    }
  }
  return {
    async put(sha, body) {
      if ((await put(sha, body, ABSENT)) === 'stored') return
      const found = await find(sha)
      if (found !== undefined && sha256(found.body) === sha) return
      // 'exists' again: somebody else was first, with these same bytes
      await put(sha, body, found === undefined ? ABSENT : { IfMatch: found.tag })
    },
    find: async (sha) => (await find(sha))?.body,
  }
}

type When = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string }
const ABSENT: When = { IfNoneMatch: '*' }
