import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Certificate, makeCertificate } from './certificate.ts'
import { endGroup, listGroup, startGroup } from './process-group.ts'
import { preparePython } from './python.ts'

export type Emulator = {
  readonly endpoint: string
  /** What a client's environment must say to reach it, signed in as the account's root. */
  readonly environment: Readonly<Record<string, string>>
  /** The certificate authority that its clients are to trust, in PEM. */
  readonly authority: string
  /** The leader of its process group. */
  readonly pid: number
}

export type EmulatorOptions = {
  /** Kept from run to run: the Python environment. */
  readonly tools: string
  /** Of this run alone: certificates, state, the log. */
  readonly directory: string
  /** Any that is free where it is left out. */
  readonly port?: number
}

/** One that was started here: it ends with this process, unless it is let go. */
export type StartedEmulator = Emulator & {
  letGo(): void
  /** Rejects when it ends, so that nobody waits for the answer of one that is gone. */
  readonly ended: Promise<never>
}

const START_TIMEOUT_MS = 120_000
const PORT_TRIES = 3

/**
 * Starts the emulator on loopback with IAM and TLS enforced. It and all it starts are one process group, which ends
 * with this process, however that ends.
 */
export async function startEmulator(options: EmulatorOptions): Promise<StartedEmulator> {
  const { directory, tools, port } = options
  leaveOtherAccount()
  const programs = await preparePython(tools)
  for (const name of FOLDERS) await mkdir(join(directory, name), { recursive: true })
  // The workers of its functions are CommonJS files without a package of their own
  await writeFile(join(directory, 'temporary', 'package.json'), '{"type":"commonjs"}')
  const certificate = await makeCertificate(directory)
  for (let tries = 1; ; tries++) {
    try {
      return await start({ directory, programs, certificate, port: port ?? (await freePort()) })
    } catch (fault) {
      // A port that was free when it was asked for may be taken by the time the emulator binds it
      if (port !== undefined || tries === PORT_TRIES) throw fault
    }
  }
}

/** The process group of the emulator that was started in a directory; undefined where none runs. */
export async function findEmulator(directory: string): Promise<number | undefined> {
  const leader = Number(await readFile(leaderFile(directory), 'utf8').catch(() => ''))
  // The number alone proves nothing: it may be another's by now, and 0 is this process's own group
  const members = leader > 0 ? await listGroup(leader) : []
  return members.some(({ command }) => command.includes(directory)) ? leader : undefined
}

/** Stops the emulator that was started in a directory, if one runs, and all it started. */
export async function stopEmulator(directory: string): Promise<void> {
  const leader = await findEmulator(directory)
  if (leader !== undefined) await endGroup(leader)
}

function leaderFile(directory: string): string {
  return join(directory, 'emulator.pid')
}

/** Variables by which a client would be in the account that somebody works in otherwise. */
export const OTHER_ACCOUNT = ['AWS_PROFILE', 'AWS_SESSION_TOKEN'] as const

/** Has this process, and all that it starts, know of no account but the emulator's. */
export function leaveOtherAccount(): void {
  for (const name of OTHER_ACCOUNT) delete process.env[name]
}

const FOLDERS = ['temporary', 'state', 'objects'] as const

function clientEnvironment(port: number, certificate: Certificate): Readonly<Record<string, string>> {
  const endpoint = `https://localhost:${port}`
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    NODE_EXTRA_CA_CERTS: certificate.trusted,
    AWS_CA_BUNDLE: certificate.trusted,
  }
}

type Server = {
  readonly directory: string
  readonly programs: string
  readonly port: number
  readonly certificate: Certificate
}

async function start(server: Server): Promise<StartedEmulator> {
  const { directory, programs, port, certificate } = server
  const environment = clientEnvironment(port, certificate)
  const child = startGroup({
    ...{ program: join(programs, 'ministack'), args: [], directory, log: join(directory, 'emulator.log') },
    environment: { ...environment, ...serverEnvironment(server) },
  })
  const { pid = 0, stdin } = child
  writeFileSync(leaderFile(directory), String(pid))
  child.unref()
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the emulator ended; see ${directory}/emulator.log`)
  })
  // Whoever is done with it need not hear of its end
  ended.catch(() => undefined)
  const authority = await readFile(certificate.authority, 'utf8')
  try {
    await waitUntilHealthy(ended, port, authority)
  } catch (fault) {
    await stopEmulator(directory)
    throw fault
  }
  const letGo = (): void => void stdin?.end('+')
  return { endpoint: `https://localhost:${port}`, environment, authority, pid, letGo, ended }
}

function serverEnvironment({ directory, programs, port, certificate }: Server) {
  return {
    // Functions run on the node that is found first: the one that runs this
    PATH: [dirname(process.execPath), programs, process.env['PATH']].join(':'),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    AUTH: 'true',
    USE_SSL: '1',
    MINISTACK_SSL_CERT: certificate.chain,
    MINISTACK_SSL_KEY: certificate.key,
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    TMPDIR: join(directory, 'temporary'),
    STATE_DIR: join(directory, 'state'),
    S3_DATA_DIR: join(directory, 'objects'),
    PERSIST_STATE: '0',
    S3_PERSIST: '0',
  }
}

async function waitUntilHealthy(ended: Promise<never>, port: number, authority: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await Promise.race([isHealthy(port, authority), ended]))) {
    if (performance.now() > deadline) throw new Error('the emulator did not start; see emulator.log')
    await sleep(200)
  }
}

function isHealthy(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const get = request({ host: 'localhost', port, path: '/_ministack/health', ca }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    get.on('error', () => resolve(false))
    get.end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
