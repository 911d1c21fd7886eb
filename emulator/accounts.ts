import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
} from '@aws-sdk/client-cognito-identity-provider'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from '@aws-sdk/client-iam'
import { authorityUser, type Outputs } from './deployment.ts'

export type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** Makes the IAM user that stands for an authority's own account; it has no right but what resources give it. */
export async function createAuthorityUser(code: string): Promise<Credentials> {
  const client = new IAMClient()
  const { name: UserName } = authorityUser(code)
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
