import { gunzipSync } from 'node:zlib'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { handle } from 'hono/aws-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiHome, openApiHome, principalOf, recordsSent } from './home.ts'

/** What Lambda takes from a function that somebody waits for (Lambda quotas, Invocation payload). */
const FUNCTION_ANSWER_BYTES = 6 * 1024 * 1024

const as = principalOf.agency
const path = `/v1/receipts/${as}/many`
const records = Array.from({ length: 60_000 }, () => ({}))

let opened: ApiHome
beforeAll(async () => {
  opened = await openApiHome()
  await opened.send(recordsSent({ as, submissionId: 'many', layout: 'registration', records }))
  await opened.work()
})
afterAll(() => opened.close())

describe('the receipt of 60,000 records', () => {
  test('is more than a function may answer, and is answered in less to whoever takes gzip', async () => {
    const { text } = await opened.send({ path, as })
    expect(text.length).toBeGreaterThan(FUNCTION_ANSWER_BYTES)
    const { body = '', isBase64Encoded, headers } = await invoke({ 'accept-encoding': 'gzip, deflate, br' })
    expect({ isBase64Encoded, encoding: headers?.['content-encoding'] }).toEqual({
      isBase64Encoded: true,
      encoding: 'gzip',
    })
    expect(body.length).toBeLessThan(FUNCTION_ANSWER_BYTES / 4)
    expect(gunzipSync(Buffer.from(body, 'base64')).toString()).toBe(text)
  })

  test('is answered as it is to whoever takes nothing else', async () => {
    const { isBase64Encoded, body = '' } = await invoke({})
    expect(isBase64Encoded).toBe(false)
    expect(JSON.parse(body)).toMatchObject({ receipt: { received: records.length, refused: records.length } })
  })
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
