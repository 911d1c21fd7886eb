import { Command } from 'commander'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { z } from 'zod'
import { signingKeySchema } from '../../shared/api/signing-key.ts'
import { openPackage } from '../../shared/disclosure/package.ts'
import { type ClientOptions, clientCommand, print, run, runClient } from '../command.ts'
import { CommandEnd, expectDone } from '../command-end.ts'
import { readText, writeNew } from '../file.ts'

/** What a requester does on their own machine, with no home and no API: make a key, and open a package with it. */
export function packageCommands(): readonly Command[] {
  return [keyPairCommand(), openCommand(), signingKeyCommand()]
}

function keyPairCommand(): Command {
  return new Command('key-pair')
    .description("Make a requester's key: prints the public half, which a request carries as recipientKey")
    .requiredOption('--out <file>', 'where the private half goes, for its owner alone; it must not exist yet')
    .option('--json', 'one JSON document on stdout, which it prints anyway')
    .action((options: { out: string; json?: boolean }) =>
      run(options, async () => {
        const { privateKey } = await generateKeyPair('ECDH-ES+A256KW', { crv: 'P-256', extractable: true })
        const jwk = await exportJWK(privateKey)
        await writeNew(options.out, `${JSON.stringify(jwk)}\n`)
        const { d: _, ...publicJwk } = jwk
        await print(JSON.stringify(publicJwk))
      }),
    )
}

type OpenOptions = { readonly key: string; readonly verifier: string; readonly json?: boolean }

function openCommand(): Command {
  return new Command('open')
    .description('Open a downloaded package, and verify who signed it; needs no home')
    .argument('<file>', 'the JWE, as `case download` wrote it')
    .requiredOption('--key <file>', "the requester's private key (JWK)")
    .requiredOption('--verifier <file>', "the service's public key (JWK), as `case signing-key` prints it")
    .option('--json', 'one JSON document on stdout')
    .action((file: string, options: OpenOptions) =>
      run(options, async () => {
        const { x } = await readJwk(options.verifier, verifierSchema)
        const privateJwk = await readJwk(options.key, z.looseObject({ kty: z.string(), d: z.string() }))
        const jwe = (await readText(file)).trim()
        const opened = await openPackage(jwe, privateJwk as JWK, Buffer.from(x, 'base64url'))
        if (opened.outcome !== 'opened') throw new CommandEnd(1, opened.code, opened.reason)
        await print(JSON.stringify(opened.package, null, options.json ? 0 : 2))
      }),
    )
}

const verifierSchema = z.looseObject({ crv: z.literal('Ed25519'), x: z.string() })

function signingKeyCommand(): Command {
  return clientCommand('signing-key', 'The public key of what the service signs (JWK)', {
    may: 'signing-key:read',
  }).action((options: ClientOptions) =>
    runClient(
      options,
      async (session) =>
        expectDone(
          await session.call({ method: 'GET', path: '/v1/signing-key', as: options.as }),
          signingKeySchema,
        ),
      (key) => JSON.stringify(key),
    ),
  )
}

async function readJwk<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.infer<Schema>> {
  try {
    return schema.parse(JSON.parse(await readText(file)))
  } catch (fault) {
    if (fault instanceof CommandEnd) throw fault
    // What either parser throws may quote a private key
    throw new CommandEnd(2, 'KEY_MALFORMED', `${file} is not the JWK that is wanted here`)
  }
}
