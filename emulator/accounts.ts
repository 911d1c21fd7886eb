import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import type { Outputs } from './deployment.ts'

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** Makes an IAM user, as which somebody outside works; it has no right but what resources give it. */
export async function createUser(UserName: string): Promise<Credentials> {
  const client = new IAMClient()
  await client.send(new CreateUserCommand({ UserName }))
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

/** Gives each name an account to sign in with, all by one password. */
export async function createAccounts(
  { UserPoolId }: Outputs,
  names: readonly string[],
  Password: string,
): Promise<void> {
  const client = new CognitoIdentityProviderClient()
  for (const Username of names) {
    const user = { UserPoolId, Username }
    await client.send(
      // The emulator's own temporary passwords are shorter than the pool asks for
      new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS', TemporaryPassword: Password }),
    )
    await client.send(new AdminSetUserPasswordCommand({ ...user, Password, Permanent: true }))
  }
}
