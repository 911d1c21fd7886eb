import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Files in PEM. */
export type Certificate = {
  /** The authority that clients trust. */
  readonly authority: string
  /** The authority, and what this machine trusts already: clients also fetch packages, by whatever way it has. */
  readonly trusted: string
  /** The server's certificate with the authority's behind it. */
  readonly chain: string
  readonly key: string
}

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
const SERVER_EXTENSIONS = [
  'subjectAltName=DNS:localhost,DNS:*.execute-api.localhost,IP:127.0.0.1',
  'basicConstraints=CA:FALSE',
  'extendedKeyUsage=serverAuth',
]

/** Makes a certificate authority and a server's certificate for localhost that hold for a day; needs openssl. */
export async function makeCertificate(directory: string): Promise<Certificate> {
  const openssl = (command: string) => run('openssl', command.split(' '), { cwd: directory })
  const at = (name: string): string => join(directory, name)
  await openssl(
    `req -x509 ${NEW_KEY} -keyout authority.key -out authority.pem -days 1 -subj /CN=emulator ` +
      '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
  )
  await openssl(`req ${NEW_KEY} -keyout server.key -out server.csr -subj /CN=localhost`)
  await writeFile(at('server.ext'), SERVER_EXTENSIONS.join('\n'))
  await openssl(
    'x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial ' +
      '-out server.pem -days 1 -extfile server.ext',
  )
  const chain = await Promise.all([readFile(at('server.pem')), readFile(at('authority.pem'))])
  await writeFile(at('chain.pem'), Buffer.concat(chain))
  const authority = at('authority.pem')
  await writeFile(at('trusted.pem'), Buffer.concat([await readTrusted(), await readFile(authority)]))
  return { authority, trusted: at('trusted.pem'), chain: at('chain.pem'), key: at('server.key') }
}

async function readTrusted(): Promise<Buffer> {
  const file = process.env['NODE_EXTRA_CA_CERTS']
  return file === undefined ? Buffer.alloc(0) : readFile(file)
}
