import { Command } from 'commander'
import { exportJWK, generateKeyPair } from 'jose'
import { z } from 'zod'
import { type AuthorityStanding, authorityStandingSchema } from '../../shared/api/authorities.ts'
import { parseJson } from '../../shared/base/json.ts'
import { type ClientOptions, clientCommand, print, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { readText, writeNew } from '../file.ts'
import type { Session } from '../session.ts'

const OPERATOR = 'operator'
const PATH = '/v1/authorities'
const MANAGE = { may: 'authority:manage', as: OPERATOR } as const

export function authorityCommand(): Command {
  return new Command('authority')
    .description('Manage which authorities may send, and the keys they sign with')
    .addCommand(listCommand())
    .addCommand(suspendCommand())
    .addCommand(resumeCommand())
    .addCommand(rotateCommand())
    .addCommand(makeKeyCommand())
}

function listCommand(): Command {
  return clientCommand('list', 'The authorities, whether each may send, and its keys', {
    may: 'authority:read',
    as: OPERATOR,
  }).action((options: ClientOptions) =>
    runClient(
      options,
      async (session) => {
        const answer = await session.call({ method: 'GET', path: PATH, as: options.as })
        return expectDone(answer, z.array(authorityStandingSchema))
      },
      (rows) => rows.map(describe).join('\n'),
    ),
  )
}

function suspendCommand(): Command {
  return clientCommand('suspend', 'Have an authority send nothing more; what it sent before stands', MANAGE)
    .argument('<code>')
    .requiredOption('--reason <text>', 'why, in 4 to 500 characters; no person’s number')
    .action((code: string, options: ClientOptions & { reason: string }) =>
      runClient(
        options,
        (session) => change(session, options, { code, step: 'suspension', json: { reason: options.reason } }),
        describe,
      ),
    )
}

function resumeCommand(): Command {
  return clientCommand('resume', 'Let a suspended authority send again', MANAGE)
    .argument('<code>')
    .action((code: string, options: ClientOptions) =>
      runClient(options, (session) => change(session, options, { code, step: 'resumption' }), describe),
    )
}

type RotateOptions = ClientOptions & {
  readonly jwk: string
  readonly notBefore?: string
  readonly previousUntil?: string
}

function rotateCommand(): Command {
  return clientCommand(
    'rotate-key',
    'Give an authority a new signing key, and those before it their end',
    MANAGE,
  )
    .argument('<code>')
    .requiredOption('--jwk <file>', 'the public half (JWK), as `authority make-key` prints it')
    .option('--not-before <instant>', 'from when it signs (default: now)')
    .option('--previous-until <instant>', 'until when the keys before it sign (default: until it does)')
    .action((code: string, options: RotateOptions) =>
      runClient(
        options,
        async (session) => {
          const { notBefore, previousUntil } = options
          const jwk = await readPublicJwk(options.jwk)
          const json = {
            jwk,
            ...(notBefore !== undefined && { notBefore }),
            ...(previousUntil !== undefined && { previousUntil }),
          }
          return change(session, options, { code, step: 'keys', json })
        },
        describe,
      ),
    )
}

function makeKeyCommand(): Command {
  return new Command('make-key')
    .description("Make an authority's signing key: prints the public half, which `rotate-key` takes")
    .requiredOption('--out <file>', 'where the private half goes, for its owner alone; it must not exist yet')
    .option('--json', 'one JSON document on stdout, which it prints anyway')
    .action((options: { out: string; json?: boolean }) =>
      run(options, async () => {
        const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
        const jwk = await exportJWK(privateKey)
        await writeNew(options.out, `${JSON.stringify(jwk)}\n`)
        const { d: _, ...publicJwk } = jwk
        await print(JSON.stringify(publicJwk))
      }),
    )
}

type Change = { readonly code: string; readonly step: string; readonly json?: object }

async function change(
  session: Session,
  { as }: ClientOptions,
  { code, step, json }: Change,
): Promise<AuthorityStanding> {
  const path = `${PATH}/${encodeURIComponent(code)}/${step}`
  const answer = await session.call({ method: 'POST', path, as, ...(json !== undefined && { json }) })
  return expectDone(answer, authorityStandingSchema)
}

// Whether it is a key that will do, the API says; a private half is not sent anywhere
async function readPublicJwk(file: string): Promise<object> {
  const text = await readText(file)
  const jwk = z.looseObject({ kty: z.string() }).safeParse(parseJson(text)).data
  if (jwk === undefined || 'd' in jwk) {
    throw new CommandEnd(2, 'KEY_MALFORMED', `${file} is not the public half of a key (JWK)`)
  }
  return jwk
}

function describe({ code, status, suspension, requireSignature, keys }: AuthorityStanding): string {
  const told = suspension && ` since ${suspension.since} by ${suspension.by}: ${suspension.reason}`
  return [
    `${code}  ${status}${told ?? ''}${requireSignature ? '  (must sign)' : ''}`,
    ...keys.map(
      ({ kid, notBefore, notAfter }) => `  key ${kid} from ${notBefore}${notAfter ? ` to ${notAfter}` : ''}`,
    ),
  ].join('\n')
}
