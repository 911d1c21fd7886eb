import { describe, expect, test } from 'vitest'
import { queueName } from '../../shared/names.ts'
import { ACCOUNT, listed, named, ofType, type Synthesized, statementsOf, synthesize } from './templates.ts'

const trusted = {
  issuer: 'https://id.example',
  jwksUri: 'https://id.example/keys',
  clientId: 'credit-fusion',
}

describe('a deployment in China', () => {
  const env = { account: ACCOUNT, region: 'cn-north-1' }
  const bureau = {
    code: 'demo-market-regulator',
    name: { zh: '示例市市场监督管理局', en: 'Market Regulator of Demo City' },
    uscc: '11330200YY0009014P',
    recordTypes: ['registration'],
    contact: 'data@market-regulator.example',
    principalArn: 'arn:aws-cn:iam::222233334444:role/registers',
  }

  test('names resources of its own partition alone', async () => {
    const app = await synthesize({ env, context: trusted, authorities: [bureau] })
    await app.close()
    const text = JSON.stringify([app.storage, app.service])
    expect(text.match(/arn:aws:[\w:-]*/g)).toBeNull()
    expect(text).toContain('arn:aws-cn:')
    expect(text.match(/\w+\.amazonaws\.com(?!\.cn)/g)?.filter((host) => !isService(host))).toEqual([])
  })

  test('writes its logs as a service of the region, and makes no user pool', async () => {
    const app = await synthesize({ env, context: trusted, authorities: [bureau] })
    await app.close()
    const principals = statementsOf(named(app.storage, 'KeysOperations')).map(({ Principal }) => Principal)
    expect(principals).toContainEqual({ Service: 'logs.cn-north-1.amazonaws.com.cn' })
    expect(app.storage.filter(({ type }) => type.startsWith('AWS::Cognito::'))).toEqual([])
  })

  test('without an identity provider of its own is refused in words: there are no user pools', async () => {
    await expect(synthesize({ env, authorities: [bureau] })).rejects.toThrow(/China regions have no Cognito/)
  })
})

/** Principals of services end the same way in every partition. */
function isService(host: string): boolean {
  return ['lambda', 'states', 'events', 's3', 'cloudwatch', 'apigateway'].includes(host.split('.')[0] ?? '')
}

describe("the log's second key", () => {
  const SECOND = 'KeysLedgerSecondSigning'
  const signers = (service: Synthesized['service']) =>
    ofType(service, 'AWS::IAM::Policy').flatMap((policy) =>
      statementsOf(policy)
        .filter(({ Resource }) => listed(Resource).includes(SECOND))
        .map(({ Action }) => [policy.properties['Roles'], Action]),
    )

  test('is there where the deployment wants one, for the sealer to sign with, and for nobody else', async () => {
    const app = await synthesize({ ledger: { origin: 'log.example', secondSigner: 'ecdsa-p256' } })
    await app.close()
    expect(named(app.storage, SECOND)).toMatchObject({
      properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
      isKept: true,
    })
    expect(signers(app.service)).toEqual([[['SealLedgerRole'], ['kms:GetPublicKey', 'kms:Sign']]])
    const told = ofType(app.service, 'AWS::Lambda::Function').filter(({ properties }) =>
      JSON.stringify(properties).includes('SECOND_SIGNING_KEY_ID'),
    )
    expect(told.map(({ name }) => name)).toEqual(['SealLedger'])
  })

  test('is not there where it wants none', async () => {
    const app = await synthesize()
    await app.close()
    expect(app.storage.filter(({ name }) => name === SECOND)).toEqual([])
    expect(signers(app.service)).toEqual([])
  })
})

describe('a deployment', () => {
  test('that does not know its account and region yet fits any', async () => {
    const app = await synthesize({ env: {} })
    await app.close()
    const text = JSON.stringify([app.storage, app.service])
    expect(text).toContain(`arn:aws:sqs:anywhere:${ACCOUNT}:`)
    expect(text.match(/[a-z]{2}-(?:north|south|east|west|central)\w*-\d/g)).toBeNull()
  })

  test.each(['issuer', 'jwksUri', 'clientId'] as const)(
    'that names an identity provider by less than three values, without %s, is refused',
    async (missing) => {
      const { [missing]: _, ...context } = trusted
      await expect(synthesize({ context })).rejects.toThrow(/given together or not at all/)
    },
  )

  test.each(['1demo', 'de_mo', '-demo', 'a'.repeat(23)])('is not called %s', async (stack) => {
    await expect(synthesize({ context: { stack } })).rejects.toThrow(/22 letters, digits and hyphens/)
  })

  test('of the longest name, with an authority of the longest code, has queue names that SQS takes', async () => {
    const stack = 'S'.repeat(22)
    const name = queueName(stack, { kind: 'submissions', authority: 'a'.repeat(40), dead: true })
    expect(name.length).toBeLessThanOrEqual(80)
    const app = await synthesize({ context: { stack } })
    await app.close()
    expect(app.service.length).toBeGreaterThan(100)
  })

  test('of which an authority is not described right is refused', async () => {
    await expect(synthesize({ authorities: [{ code: 'A Bureau' }] })).rejects.toThrow(/code/)
  })
})
