import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { handle } from 'hono/aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGE_RECORDS } from '../../shared/api/receipts.ts'
import { layouts } from '../../shared/ingest/layouts/registry.ts'
import { outcomeOf } from '../../shared/ingest/outcomes.ts'
import { refusalCodes } from '../../shared/ingest/refusal.ts'
import { type ApiHome, openApiHome, principalOf, recordsSent } from './home.ts'

const as = principalOf.agency
const path = `/v1/receipts/${as}/many`
const records = Array.from({ length: 10_000 }, () => ({}))

let opened: ApiHome
beforeAll(async () => {
  opened = await openApiHome()
  await opened.send(recordsSent({ as, submissionId: 'many', layout: 'registration', records }))
  await opened.work()
})
afterAll(() => opened.close())

describe('a long answer of a function', () => {
  test('is compressed for whoever takes gzip', async () => {
    const { text } = await opened.send({ path, as })
    expect(text.length).toBeGreaterThan(1_000_000)
    const { body = '', isBase64Encoded, headers } = await invoke({ 'accept-encoding': 'gzip, deflate, br' })
    expect({ isBase64Encoded, encoding: headers?.['content-encoding'] }).toEqual({
      isBase64Encoded: true,
      encoding: 'gzip',
    })
    expect(body.length).toBeLessThan(text.length / 10)
    expect(gunzipSync(Buffer.from(body, 'base64')).toString()).toBe(text)
  })

  test('comes as it is to whoever takes nothing else', async () => {
    const { isBase64Encoded, body = '' } = await invoke({})
    expect(isBase64Encoded).toBe(false)
    expect(JSON.parse(body)).toMatchObject({ receipt: { received: records.length, refused: records.length } })
  })
})

test('a page of a receipt, whatever its records are refused for, is what it is said to be', () => {
  const codes = layouts.flatMap(({ columns }) => columns.map(({ code }) => code))
  const [longest = ''] = codes.toSorted((a, b) => b.length - a.length)
  const sizes = refusalCodes.map((code) => {
    // The last of as many records as a file may have
    const told = outcomeOf({ code, path: `/${longest}` }, 19_999_999)
    return Buffer.byteLength(`${JSON.stringify(told)},`) * PAGE_RECORDS
  })
  expect(Math.max(...sizes)).toBeLessThan(2_400_000)
})

/** As API Gateway does. */
async function invoke(headers: Readonly<Record<string, string>>): Promise<APIGatewayProxyStructuredResultV2> {
  const token = await opened.home.issuer.issue(as)
  const event = {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers: { ...headers, authorization: `Bearer ${token}`, host: 'api.invalid' },
    requestContext: { http: { method: 'GET', path }, domainName: 'api.invalid' },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2
  return (await handle(opened.api)(event as never)) as APIGatewayProxyStructuredResultV2
}
