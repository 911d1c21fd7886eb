import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test } from 'vitest'
import { askForToken, readSignIn, type SignIn } from '../../bin/sign-in.ts'

const cognito = mockClient(CognitoIdentityProviderClient)
const pool = { region: 'us-east-1', clientId: 'client' }
const password = 'correct horse battery staple'
const oneTimeCode = async () => '123456'
const token = (signIn: SignIn) => askForToken(pool, signIn, 'officer-one')

beforeEach(() => {
  cognito.reset()
  cognito
    .on(InitiateAuthCommand)
    .resolves({ ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: 'session' })
    .on(RespondToAuthChallengeCommand)
    .resolves({ AuthenticationResult: { AccessToken: 'token' } })
})

function fault(name: string): Error {
  return Object.assign(new Error('says too much'), { name })
}

describe('whoever signs in to a stack', () => {
  test('by a token is asked for nothing else', async () => {
    expect(await token({ token: 'mine', password })).toBe('mine')
    expect(cognito.calls()).toHaveLength(0)
  })

  test('by a password alone is let in where there is no second factor', async () => {
    cognito.on(InitiateAuthCommand).resolves({ AuthenticationResult: { AccessToken: 'token' } })
    expect(await token({ password })).toBe('token')
    expect(cognito.commandCalls(RespondToAuthChallengeCommand)).toHaveLength(0)
  })

  test('answers for the second factor with the code it shows', async () => {
    expect(await token({ password, oneTimeCode })).toBe('token')
    expect(cognito.commandCalls(RespondToAuthChallengeCommand)[0]?.args[0].input).toEqual({
      ClientId: 'client',
      ChallengeName: 'SOFTWARE_TOKEN_MFA',
      Session: 'session',
      ChallengeResponses: { USERNAME: 'officer-one', SOFTWARE_TOKEN_MFA_CODE: '123456' },
    })
  })

  test('without a code, and with nobody there to be asked, is told what to set', async () => {
    await expect(token({ password })).rejects.toMatchObject({
      exitCode: 2,
      document: { code: 'ONE_TIME_CODE_MISSING' },
    })
  })

  test('takes all that there is to sign in by from the environment', async () => {
    const { oneTimeCode: code, ...others } = readSignIn({
      CREDIT_FUSION_TOKEN: 'mine',
      CREDIT_FUSION_PASSWORD: password,
      CREDIT_FUSION_ONE_TIME_CODE: '654321',
    })
    expect(others).toEqual({ token: 'mine', password })
    expect(await code?.('officer-one')).toBe('654321')
  })

  test('by nothing is told what to set', async () => {
    await expect(token({})).rejects.toMatchObject({ exitCode: 2, document: { code: 'SIGN_IN_MISSING' } })
    await expect(
      askForToken({ ...pool, clientId: undefined }, { password }, 'officer-one'),
    ).rejects.toMatchObject({ exitCode: 2, document: { code: 'SIGN_IN_MISSING' } })
  })

  test.each(['NEW_PASSWORD_REQUIRED', 'SMS_MFA'] as const)(
    'and is asked for %s gets no token, and hears what is wanted',
    async (ChallengeName) => {
      cognito.on(InitiateAuthCommand).resolves({ ChallengeName, Session: 'session' })
      await expect(token({ password, oneTimeCode })).rejects.toMatchObject({
        exitCode: 3,
        document: { code: 'SIGN_IN_REFUSED', message: expect.stringContaining(ChallengeName) },
      })
    },
  )

  test.each([
    ['a wrong password', InitiateAuthCommand, 'NotAuthorizedException'],
    ['a name that is nobody’s', InitiateAuthCommand, 'UserNotFoundException'],
    ['a wrong code', RespondToAuthChallengeCommand, 'CodeMismatchException'],
    ['a code used before', RespondToAuthChallengeCommand, 'ExpiredCodeException'],
  ] as const)('with %s hears the same as with any other', async (_, command, name) => {
    cognito.on(command as typeof InitiateAuthCommand).rejects(fault(name))
    await expect(token({ password, oneTimeCode })).rejects.toMatchObject({
      exitCode: 3,
      document: { code: 'SIGN_IN_REFUSED', message: 'officer-one cannot sign in' },
    })
  })

  test('while the user pool cannot be reached is not said to be refused', async () => {
    cognito.on(InitiateAuthCommand).rejects(fault('TimeoutError'))
    await expect(token({ password })).rejects.toMatchObject({ code: 'SIGN_IN_UNREACHABLE', retryable: true })
  })
})
