import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Stats } from 'aws-cdk-lib/aws-cloudwatch'
import { AttributeType, BillingMode, StreamViewType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { addAlarm } from './alarm.ts'
import type { Deployment } from './deployment.ts'
import type { Keys } from './keys.ts'

export type TableOptions = { readonly deployment: Deployment; readonly keys: Keys; readonly topic: ITopic }

/** The three tables of the store, alike but for their keys. */
export class Tables extends Construct {
  readonly records: Table
  readonly cases: Table
  /** Its stream wakes the sealer. */
  readonly ledger: Table

  constructor(scope: Construct, { deployment, keys, topic }: TableOptions) {
    super(scope, 'Tables')
    this.records = addTable(this, 'Records', { key: keys.records, deployment })
    this.cases = addTable(this, 'Cases', { key: keys.disclosure, deployment })
    // Keys alone: the sealer asks the table itself what waits
    const stream = StreamViewType.KEYS_ONLY
    this.ledger = addTable(this, 'Ledger', { key: keys.records, deployment, stream })
    for (const table of [this.records, this.cases, this.ledger]) watchThrottling(table, topic)
  }
}

type OneTable = { readonly key: IKey; readonly deployment: Deployment; readonly stream?: StreamViewType }

function addTable(scope: Construct, id: string, { key, deployment, stream }: OneTable): Table {
  const { local } = deployment
  return new Table(scope, id, {
    partitionKey: { name: 'partition', type: AttributeType.STRING },
    sortKey: { name: 'sort', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    deletionProtection: !local,
    removalPolicy: local ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    ...(stream !== undefined && { stream }),
  })
}

function watchThrottling(table: Table, topic: ITopic): void {
  for (const use of ['Read', 'Write']) {
    const metric = table.metric(`${use}ThrottleEvents`, { period: Duration.minutes(5), statistic: Stats.SUM })
    const heading = 'A table throttles'
    addAlarm(table, `${use}Throttled`, { metric, threshold: 1, periods: 3, heading, topic })
  }
}
