import { type App, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import type { FunctionName } from '../shared/names.ts'
import { addAlarm, countOf } from './alarm.ts'
import type { Deployment } from './deployment.ts'
import { Doors } from './doors.ts'
import { addFunction } from './function.ts'
import { ApiGateway } from './http-api.ts'
import { Publication } from './publication.ts'
import { OwnQueues } from './queues.ts'
import { addSealing, addWatching } from './sealing.ts'
import type { StorageStack } from './storage-stack.ts'

export type ServiceOptions = {
  readonly deployment: Deployment
  readonly storage: StorageStack
  readonly stack: StackProps
}

/** What works on what is kept: it can be taken down and put up again, and nothing that was received is lost. */
export class ServiceStack extends Stack {
  readonly #options: ServiceOptions
  readonly #queues: OwnQueues
  readonly #doors: Doors

  constructor(scope: App, id: string, options: ServiceOptions) {
    super(scope, id, options.stack)
    this.#options = options
    const { deployment, storage } = options
    this.#queues = new OwnQueues(this, { deployment, storage })
    this.#doors = new Doors(this, { deployment, storage })
    this.#addIngest(this.#addApi(this.#addPublication()))
    this.#watchCounts()
    new CfnOutput(this, 'LandingBucket', { value: this.#doors.landing.bucketName })
  }

  #addIngest(api: NodejsFunction): void {
    const { storage } = this.#options
    const receiver = this.#add('receive-submission')
    const splitter = this.#add('split-file')
    const applier = this.#add('apply-entry')
    this.#letReply(applier)
    const { ledgerSigning, ledgerSecondSigning } = storage.keys
    const sealer = this.#add('seal-ledger', {
      SIGNING_KEY_ID: ledgerSigning.keyId,
      ...(ledgerSecondSigning && { SECOND_SIGNING_KEY_ID: ledgerSecondSigning.keyId }),
    })
    const drain = this.#add('drain-dead-letters')
    this.#doors.open({ receiver, splitter, drain })
    this.#queues.open({ receiver, splitter, applier, sealer, drain, api })
    this.#queues.notifyOfDrops(this.#doors.landing)
    addSealing(sealer, storage)
    addWatching(this.#add('watch-ledger'), storage)
  }

  // To queues that are their authorities' own, which have to let it in as well
  #letReply(applier: NodejsFunction): void {
    const queues = this.#options.deployment.authorities.flatMap(({ replyQueueArn }) => replyQueueArn ?? [])
    if (queues.length === 0) return
    const actions = ['sqs:GetQueueUrl', 'sqs:SendMessage']
    applier.addToRolePolicy(new PolicyStatement({ actions, resources: [...new Set(queues)] }))
  }

  #addPublication(): Publication {
    const plan = this.#add('plan-version')
    const build = this.#add('build-bucket')
    const commit = this.#add('commit-version')
    const publication = new Publication(this, {
      ...{ deployment: this.#options.deployment, storage: this.#options.storage },
      ...{ plan, build, commit },
    })
    new CfnOutput(this, 'StateMachineArn', { value: publication.machine.stateMachineArn })
    return publication
  }

  #addApi({ machine }: Publication): NodejsFunction {
    const { deployment, storage } = this.#options
    const signingKey = { SIGNING_KEY_ID: storage.keys.signing.keyId }
    const fulfil = this.#add('fulfil-case', signingKey)
    const data = this.#add('api-data', { PUBLISH_STATE_MACHINE: machine.stateMachineArn })
    const cases = this.#add('api-cases', { ...signingKey, FULFIL_FUNCTION: fulfil.functionName })
    machine.grantStartExecution(data)
    // By name, not by `grantInvoke`: that also allows every version and alias
    cases.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fulfil.functionArn] }),
    )
    const api = new ApiGateway(this, { deployment, storage, data, cases })
    new CfnOutput(this, 'ApiUrl', { value: api.url })
    return data
  }

  #add(name: FunctionName, own: Readonly<Record<string, string>> = {}): NodejsFunction {
    const { deployment, storage } = this.#options
    const environment = { ...this.#environment(name), ...own }
    return addFunction(this, name, { deployment, storage, environment })
  }

  // Of settings.ts
  #environment(name: FunctionName): Readonly<Record<string, string>> {
    const { deployment, storage } = this.#options
    const { tables, buckets, issuer } = storage
    return {
      TABLE_RECORDS: tables.records.tableName,
      TABLE_CASES: tables.cases.tableName,
      TABLE_LEDGER: tables.ledger.tableName,
      BUCKET_RECORDS: buckets.records.bucketName,
      BUCKET_LEDGER: buckets.ledger.bucketName,
      BUCKET_DATASETS: buckets.datasets.bucketName,
      BUCKET_EVIDENCE: buckets.evidence.bucketName,
      BUCKET_PACKAGES: buckets.packages.bucketName,
      BUCKET_LANDING: this.#doors.landing.bucketName,
      ...this.#queues.urls,
      S3_PATH_STYLE: String(deployment.local),
      ...(name.startsWith('api-') && {
        ISSUER: issuer.issuer,
        JWKS_URI: issuer.jwksUri,
        CLIENT_ID: issuer.clientId,
      }),
    }
  }

  #watchCounts(): void {
    const { alarms: topic } = this.#options.storage
    const period = Duration.minutes(5)
    const dead = countOf('drain-dead-letters', 'SubmissionsDead', period)
    addAlarm(this, 'SubmissionDied', { metric: dead, threshold: 1, heading: 'A submission died', topic })
    const gates = countOf('commit-version', 'GatesClosed', period)
    const heading = 'A gate held a version back'
    addAlarm(this, 'GateClosed', { metric: gates, threshold: 1, heading, topic })
  }
}
