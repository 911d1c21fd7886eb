import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { AccountRecovery, Mfa, UserPool, type UserPoolClient } from 'aws-cdk-lib/aws-cognito'
import { Construct } from 'constructs'
import type { Deployment, TrustedIssuer } from './deployment.ts'

/** A user pool: who somebody is. What they may do is said by the stored principal of that name. */
export class IdentityProvider extends Construct {
  readonly pool: UserPool
  readonly client: UserPoolClient
  readonly issuer: TrustedIssuer

  constructor(scope: Construct, { local, endpoint }: Deployment) {
    super(scope, 'IdentityProvider')
    this.pool = addPool(this, local)
    this.client = this.pool.addClient('Client', {
      authFlows: { userPassword: true, userSrp: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(1),
    })
    const { userPoolId } = this.pool
    const service = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com`
    this.issuer = {
      // Also what the emulator writes into its tokens, though it answers elsewhere
      issuer: `${service}/${userPoolId}`,
      jwksUri: `${endpoint ?? service}/${userPoolId}/.well-known/jwks.json`,
      clientId: this.client.userPoolClientId,
    }
  }
}

function addPool(scope: Construct, local: boolean): UserPool {
  const pool = new UserPool(scope, 'Pool', {
    selfSignUpEnabled: false,
    signInAliases: { username: true },
    signInCaseSensitive: true,
    accountRecovery: AccountRecovery.NONE,
    mfa: Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    passwordPolicy: {
      minLength: 14,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(3),
    },
    deletionProtection: !local,
    removalPolicy: local ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  })
  Validations.of(pool).acknowledge(
    {
      id: 'AwsSolutions-COG2',
      reason: 'Agencies sign in from programs that nobody sits at; people turn their second factor on',
    },
    {
      id: 'AwsSolutions-COG8',
      reason: 'The plus plan is paid for each user each month: a choice of whoever deploys',
    },
  )
  return pool
}
