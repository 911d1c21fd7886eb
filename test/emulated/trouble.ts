import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { EmulatedStack } from '../../emulator/stack.ts'
import type { FunctionName } from '../../shared/names.ts'
import { findFunctions } from './deployed.ts'

export type Redelivery = {
  readonly afterSeconds: number
  /** Before a message is dead; as deployed where it is left out. */
  readonly tries?: number
}

/**
 * Works while every queue delivers again sooner than deployed: what a function did not finish is due after six times
 * the function's timeout, which is up to an hour and a half, and the emulator keeps the time that it is told.
 */
export async function withRedelivery<T>(
  { afterSeconds, tries }: Redelivery,
  work: () => Promise<T>,
): Promise<T> {
  const client = new SQSClient()
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}))
  const deployed = await Promise.all(
    QueueUrls.map(async (QueueUrl) => {
      const AttributeNames = ['VisibilityTimeout', 'RedrivePolicy'] as const
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
      )
      return { QueueUrl, Attributes }
    }),
  )
  try {
    for (const { QueueUrl, Attributes } of deployed) {
      // A queue of the dead has none
      const redrive = Attributes?.['RedrivePolicy']
      const sooner = {
        VisibilityTimeout: String(afterSeconds),
        ...(redrive &&
          tries && { RedrivePolicy: JSON.stringify({ ...JSON.parse(redrive), maxReceiveCount: tries }) }),
      }
      await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: sooner }))
    }
    return await work()
  } finally {
    for (const each of deployed) await client.send(new SetQueueAttributesCommand(each))
  }
}

/** Works while a function's role is denied something: it fails at that point, every time. */
export async function withoutRight<T>(
  name: FunctionName,
  Action: string,
  work: () => Promise<T>,
): Promise<T> {
  const client = new IAMClient()
  const { Role = '' } = (await findFunctions())[name]
  const policy = { RoleName: Role.split('/').at(-1), PolicyName: 'denied-by-a-test' }
  const Statement = [{ Effect: 'Deny', Action, Resource: '*' }]
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
  await client.send(new PutRolePolicyCommand({ ...policy, PolicyDocument }))
  return work().finally(() => client.send(new DeleteRolePolicyCommand(policy)))
}

/** How many lines of the emulator's own log say something: what became of an invocation is told nowhere else. */
export async function countLogged({ outputsFile }: EmulatedStack, text: RegExp): Promise<number> {
  const log = await readFile(join(dirname(outputsFile), 'emulator.log'), 'utf8')
  return log.split('\n').filter((line) => text.test(line)).length
}
