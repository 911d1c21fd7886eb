import { setTimeout as sleep } from 'node:timers/promises'
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { expect, test } from 'vitest'
import type { EmulatedStack } from '../../emulator/stack.ts'
import { publishOrder } from '../journey/journey.ts'
import { sessionOf } from './deployed.ts'
import { withoutRight } from './trouble.ts'

/** What is left to whoever waits for a publication that came to nothing. */
export function publications(opened: () => EmulatedStack): void {
  test('whose steps give up has failed, and can be tried again', async () => {
    await withoutRight('plan-version', 'dynamodb:Query', async () => {
      expect(await outcomeOf(opened(), await start(opened()))).toEqual(FAILED)
    })
    expect(await outcomeOf(opened(), await start(opened()))).toMatchObject({ status: 200 })
  })

  test('that was stopped between its steps has failed, though no step of its own could say so', async () => {
    // Denied what it reads, planning is tried again after seconds; that is when it is stopped
    await withoutRight('plan-version', 'dynamodb:Query', async () => {
      const publication = await start(opened())
      await stop(opened(), publication)
      expect(await outcomeOf(opened(), publication)).toEqual(FAILED)
    })
  })
}

const FAILED = { status: 500, code: 'PUBLICATION_FAILED' }

/** Answers where its outcome is to be asked for. */
async function start(stack: EmulatedStack): Promise<string> {
  const { status, body } = await sessionOf(stack).call(publishOrder)
  expect(status).toBe(202)
  return (body as { publication: string }).publication
}

async function outcomeOf(stack: EmulatedStack, path: string): Promise<object> {
  const session = sessionOf(stack)
  for (;;) {
    const { status, body } = await session.call({ method: 'GET', path, as: 'steward' })
    if (status !== 404) return { status, code: (body as { code?: string }).code }
    await sleep(200)
  }
}

async function stop({ outputs }: EmulatedStack, publication: string): Promise<void> {
  const machine = outputs['StateMachineArn'] ?? ''
  const commitId = publication.split('/').at(-1)
  const executionArn = `${machine.replace(':stateMachine:', ':execution:')}:${commitId}`
  await new SFNClient().send(new StopExecutionCommand({ executionArn }))
}
