import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { faultName } from './fault.ts'
import type { LargeValues } from './value.ts'

/** Large values in a bucket, each under `values/` and its SHA-256. */
export function openLargeValues({
  client,
  bucket,
}: {
  readonly client: S3Client
  readonly bucket: string
}): LargeValues {
  const nameOf = (sha: string) => ({ Bucket: bucket, Key: `values/${sha}` })
  return {
    async put(sha, body) {
      try {
        await client.send(new PutObjectCommand({ ...nameOf(sha), Body: body, IfNoneMatch: '*' }))
      } catch (fault) {
        // By content: what is there already is the same
        if (faultName(fault) !== 'PreconditionFailed') throw fault
      }
    },
    async find(sha) {
      try {
        const found = await client.send(new GetObjectCommand(nameOf(sha)))
        return await found.Body?.transformToByteArray()
      } catch (fault) {
        if (faultName(fault) === 'NoSuchKey') return undefined
        throw fault
      }
    },
  }
}
