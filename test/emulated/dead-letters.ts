import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { EmulatedStack } from '../../emulator/stack.ts'
import { rows } from '../ingest/sample.ts'
import { putObject, send, sessionOf, untilApplied } from './deployed.ts'
import { countLogged, withoutRight, withRedelivery } from './trouble.ts'

const OWN = 'demo-public-security'

/** What becomes of messages that their receiver fails on at every try. */
export function deadLetters(opened: () => EmulatedStack): void {
  test('a message, a draft and a dropped file end as submissions that are listed as dead, with nothing kept', async () => {
    const sent = [sendMessage, postDraft, dropFile].map((deliver) => ({
      deliver,
      id: `dead-${randomUUID()}`,
    }))
    await withRedelivery({ afterSeconds: 1 }, () =>
      withoutRight('receive-submission', 'dynamodb:UpdateItem', () =>
        withoutRight('split-file', 's3:GetObject*', async () => {
          for (const { deliver, id } of sent) await deliver(opened(), id)
          for (const { id } of sent) {
            const { refusal, ...receipt } = await untilApplied(opened(), OWN, id)
            expect(refusal).toMatchObject({ code: 'SUBMISSION_DEAD', path: '' })
            expect(receipt).toMatchObject({
              received: 0,
              parts: [],
              records: [],
              applied: { new: 0, known: 0 },
            })
          }
        }),
      ),
    )
  })

  test('a sealed entry is never given up: it is tried until it is applied', async () => {
    const stack = opened()
    const id = `dead-${randomUUID()}`
    await withRedelivery({ afterSeconds: 1 }, async () => {
      await withoutRight('apply-entry', 's3:GetObject', async () => {
        const drained = /processed \d+ SQS messages from \S+_sealed_dead/
        const before = await countLogged(stack, drained)
        await sendMessage(stack, id)
        while ((await countLogged(stack, drained)) === before) await sleep(500)
        expect(await statusOf(stack, id)).toBe('sealed')
      })
      expect(await untilApplied(stack, OWN, id)).toMatchObject({ accepted: 1, applied: { new: 1 } })
    })
  })
}

function recordOf(id: string): object {
  return { ...rows.registration, comp_nm: `示例有限公司${id}` }
}

function envelope(submissionId: string): object {
  const sentAt = new Date().toISOString()
  return {
    schemaVersion: '1',
    submissionId,
    layout: 'registration',
    sentAt,
    records: [recordOf(submissionId)],
  }
}

function sendMessage(stack: EmulatedStack, id: string): Promise<void> {
  return send(stack, OWN, envelope(id))
}

async function postDraft(stack: EmulatedStack, id: string): Promise<void> {
  const request = { method: 'POST', path: '/v1/submissions', as: OWN, json: envelope(id) } as const
  expect(await sessionOf(stack).call(request)).toMatchObject({ status: 202 })
}

async function dropFile(stack: EmulatedStack, id: string): Promise<void> {
  const record = recordOf(id)
  const file = `${Object.keys(record).join(',')}\n${Object.values(record).join(',')}\n`
  await putObject(stack, OWN, `${OWN}/drop/registration/${id}.csv`, Buffer.from(file))
}

async function statusOf(stack: EmulatedStack, id: string): Promise<unknown> {
  const path = `/v1/receipts/${OWN}/${id}`
  const { body } = await sessionOf(stack).call({ method: 'GET', path, as: OWN })
  return (body as { status: string }).status
}
