import { RemovalPolicy } from 'aws-cdk-lib'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Deployment } from './deployment.ts'
import type { StorageStack } from './storage-stack.ts'

/** A log that is kept for a year, and longer than what writes it. */
export function addLog(
  scope: Construct,
  id: string,
  { deployment, storage }: { readonly deployment: Deployment; readonly storage: StorageStack },
): LogGroup {
  return new LogGroup(scope, id, {
    retention: RetentionDays.ONE_YEAR,
    encryptionKey: storage.keys.operations,
    removalPolicy: deployment.local ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  })
}
