import { createInterface } from 'node:readline/promises'
import {
  type AuthenticationResultType,
  type ChallengeNameType,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { Failure } from '../shared/base/failure.ts'
import { CommandEnd } from './command-end.ts'

/** What somebody brings to sign in. */
export type SignIn = {
  /** Their own, had by another way; then nothing else is asked for. */
  readonly token?: string
  readonly password?: string
  /** Finds out what their second factor shows now, if they have one. */
  readonly oneTimeCode?: (principal: string) => Promise<string>
}

export type UserPool = { readonly region: string; readonly clientId: string | undefined }

/** Signs a principal in to a user pool, and answers an access token. Ends the command where that is refused. */
export async function askForToken(pool: UserPool, signIn: SignIn, principal: string): Promise<string> {
  if (signIn.token !== undefined) return signIn.token
  const { clientId: ClientId, region } = pool
  const { password: PASSWORD } = signIn
  if (PASSWORD === undefined || ClientId === undefined) {
    throw new CommandEnd(
      2,
      'SIGN_IN_MISSING',
      'set CREDIT_FUSION_TOKEN, or CREDIT_FUSION_PASSWORD with a user pool',
    )
  }
  const client = new CognitoIdentityProviderClient({ region })
  const AuthParameters = { USERNAME: principal, PASSWORD }
  const AuthFlow = 'USER_PASSWORD_AUTH'
  const { ChallengeName, Session, ...answer } = await refusable(principal, () =>
    client.send(new InitiateAuthCommand({ ClientId, AuthFlow, AuthParameters })),
  )
  if (ChallengeName !== 'SOFTWARE_TOKEN_MFA') return tokenOf({ ...answer, ChallengeName }, principal)
  if (signIn.oneTimeCode === undefined) {
    const wanted = `set CREDIT_FUSION_ONE_TIME_CODE to what the second factor of ${principal} shows`
    throw new CommandEnd(2, 'ONE_TIME_CODE_MISSING', wanted)
  }
  const code = await signIn.oneTimeCode(principal)
  const ChallengeResponses = { USERNAME: principal, SOFTWARE_TOKEN_MFA_CODE: code }
  const answered = await refusable(principal, () =>
    client.send(new RespondToAuthChallengeCommand({ ClientId, ChallengeName, Session, ChallengeResponses })),
  )
  return tokenOf(answered, principal)
}

type Answer = {
  readonly AuthenticationResult?: AuthenticationResultType | undefined
  readonly ChallengeName?: ChallengeNameType | undefined
}

function tokenOf({ AuthenticationResult, ChallengeName }: Answer, principal: string): string {
  const { AccessToken } = AuthenticationResult ?? {}
  if (AccessToken !== undefined) return AccessToken
  // A temporary password to be changed, or a factor that this cannot ask for
  throw refused(principal, `before the user pool has had its ${ChallengeName}`)
}

async function refusable<Answered>(principal: string, ask: () => Promise<Answered>): Promise<Answered> {
  try {
    return await ask()
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : ''
    // Which of them it was is not told: the service says no more on purpose
    if (REFUSALS.has(name)) throw refused(principal)
    throw new Failure('SIGN_IN_UNREACHABLE', { retryable: true, facts: { fault: name }, cause })
  }
}

const REFUSALS: ReadonlySet<string> = new Set([
  'NotAuthorizedException',
  'UserNotFoundException',
  'UserNotConfirmedException',
  'PasswordResetRequiredException',
  'CodeMismatchException',
  'ExpiredCodeException',
])

function refused(principal: string, reason = ''): CommandEnd {
  return new CommandEnd(3, 'SIGN_IN_REFUSED', `${principal} cannot sign in ${reason}`.trimEnd())
}

/** How to sign in, as the environment says; a one-time code that it does not say is asked for, if somebody is there. */
export function readSignIn(variables: NodeJS.ProcessEnv): SignIn {
  const { CREDIT_FUSION_TOKEN: token, CREDIT_FUSION_PASSWORD: password } = variables
  const { CREDIT_FUSION_ONE_TIME_CODE: code } = variables
  const isSomebodyThere = process.stdin.isTTY && process.stderr.isTTY
  const oneTimeCode = code !== undefined ? async () => code : isSomebodyThere ? askOnTerminal : undefined
  return {
    ...(token !== undefined && { token }),
    ...(password !== undefined && { password }),
    ...(oneTimeCode !== undefined && { oneTimeCode }),
  }
}

async function askOnTerminal(principal: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`one-time code of ${principal}: `)).trim()
  } finally {
    terminal.close()
  }
}
