import { Duration, Validations } from 'aws-cdk-lib'
import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'
import {
  DefinitionBody,
  DistributedMap,
  Fail,
  JsonPath,
  LogLevel,
  StateMachine,
  Succeed,
  TaskInput,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke, type LambdaInvokeJsonPathProps } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import { Construct } from 'constructs'
import { addAlarm } from './alarm.ts'
import type { Deployment } from './deployment.ts'
import { addLog } from './log.ts'
import type { StorageStack } from './storage-stack.ts'

export type PublicationOptions = {
  readonly deployment: Deployment
  readonly storage: StorageStack
  readonly plan: NodejsFunction
  readonly build: NodejsFunction
  readonly commit: NodejsFunction
}

/** Buckets that are built at once. */
const BUILDS_AT_ONCE = 40

/** Lambda lets no function run for more than 15 minutes; an answer that is lost is not waited for beyond that. */
const LONGEST_STEP = Duration.minutes(16)

/**
 * A publication: plan, build each bucket, commit. Every step may be repeated. That it failed for good is left as the
 * publication's outcome, so that whoever asks for it is not left waiting: by its own last step, or, where it came to
 * none, by what is told of its end.
 */
export class Publication extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, options: PublicationOptions) {
    super(scope, 'Publication')
    this.machine = new StateMachine(this, 'Machine', {
      definitionBody: DefinitionBody.fromChainable(this.#definition(options)),
      timeout: Duration.hours(6),
      tracingEnabled: true,
      logs: {
        // Names, numbers and codes: no step is given or answers anything of a record
        level: LogLevel.ALL,
        destination: addLog(this, 'Log', options),
      },
    })
    acknowledge(this.machine)
    this.#tellOfEnd(options.commit)
    // Step Functions counts what ran out of time apart from what failed
    const period = Duration.minutes(5)
    const heading = 'A publication failed'
    const ends = {
      Failed: this.machine.metricFailed({ period }),
      TimedOut: this.machine.metricTimedOut({ period }),
    }
    for (const [id, metric] of Object.entries(ends))
      addAlarm(this.machine, id, { metric, threshold: 1, heading, topic: options.storage.alarms })
  }

  #definition({ plan, build, commit }: PublicationOptions) {
    const name = { 'dataset.$': '$.dataset', 'commitId.$': '$.commitId' }
    const planning = this.#step('Plan', plan, {
      resultSelector: { 'buckets.$': '$.Payload.buckets' },
      resultPath: '$.plan',
    })
    const buckets = new DistributedMap(this, 'Each bucket', {
      itemsPath: '$.plan.buckets',
      itemSelector: { ...name, 'bucket.$': '$$.Map.Item.Value' },
      maxConcurrency: BUILDS_AT_ONCE,
      resultPath: JsonPath.DISCARD,
    })
    // All results come back in one document of at most 256 KiB, which no catch catches: 4,096 buckets of 15 bytes
    // fit, and the same number of Lambda's own answers, about 1 KB each, would not
    const resultSelector = { 'bucket.$': '$.Payload.bucket' }
    buckets.itemProcessor(this.#step('Build', build, { resultSelector }))
    const committing = this.#step('Commit', commit, {
      payload: TaskInput.fromObject(name),
      resultPath: JsonPath.DISCARD,
    })
    const abandoning = this.#step('Abandon', commit, {
      payload: TaskInput.fromObject({ ...name, abandoned: true }),
      resultPath: JsonPath.DISCARD,
    })
    const failed = abandoning.next(new Fail(this, 'Failed'))
    const caught = { resultPath: JsonPath.DISCARD }
    planning.addCatch(failed, caught)
    // The commit finds out which it was: another version came between, or a bucket is missing
    buckets.addCatch(committing, caught)
    committing.addCatch(failed, caught)
    return planning.next(buckets).next(committing).next(new Succeed(this, 'Done'))
  }

  // Time that ran out, a stop by hand and a document that grew too large are faults that no step can catch
  #tellOfEnd(commit: NodejsFunction): void {
    new Rule(this, 'Ended', {
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [this.machine.stateMachineArn],
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        },
      },
      targets: [
        new LambdaFunction(commit, { event: RuleTargetInput.fromEventPath('$.detail'), retryAttempts: 2 }),
      ],
    })
  }

  #step(id: string, lambdaFunction: NodejsFunction, props: Partial<LambdaInvokeJsonPathProps>): LambdaInvoke {
    const step = LambdaInvoke.jsonPath(this, id, {
      lambdaFunction,
      taskTimeout: Timeout.duration(LONGEST_STEP),
      retryOnServiceExceptions: false,
      ...props,
    })
    step.addRetry({ maxAttempts: 2, interval: Duration.seconds(2), backoffRate: 2 })
    return step
  }
}

function acknowledge(machine: StateMachine): void {
  Validations.of(machine).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason: 'X-Ray and the delivery of logs know no resources',
  })
}
