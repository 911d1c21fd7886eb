import { PutObjectLockConfigurationCommand, S3Client } from '@aws-sdk/client-s3'
import type { Outputs } from './deployment.ts'

/**
 * What the emulator's CloudFormation leaves out of the templates and its API can do: the locks of the two buckets that
 * have them; the ledger's files say theirs one by one. All else that it leaves out (lifecycles, default encryption, recovery) is held by the tests of the templates.
 */
export async function settle(outputs: Outputs): Promise<void> {
  const client = new S3Client({ forcePathStyle: true })
  for (const [output, Rule] of [
    ['LedgerBucket', undefined],
    ['EvidenceBucket', { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } }],
  ] as const) {
    await client.send(
      new PutObjectLockConfigurationCommand({
        Bucket: outputs[output],
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          ...(Rule && { Rule }),
        },
      }),
    )
  }
}
