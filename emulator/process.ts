import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Certificate, makeCertificate } from './certificate.ts'
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

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000

/** Starts the emulator on loopback with IAM and TLS enforced. It and all it starts are one process group. */
export async function startEmulator({ directory, tools, ...options }: EmulatorOptions): Promise<Emulator> {
  const port = options.port ?? (await freePort())
  const programs = await preparePython(tools)
  for (const name of FOLDERS) await mkdir(join(directory, name), { recursive: true })
  // The workers of its functions are CommonJS files without a package of their own
  await writeFile(join(directory, 'temporary', 'package.json'), '{"type":"commonjs"}')
  const certificate = await makeCertificate(directory)
  const environment = clientEnvironment(port, certificate)
  const child = spawnEmulator(programs, directory, {
    ...environment,
    ...serverEnvironment({ directory, programs, port, certificate }),
  })
  const pid = child.pid ?? 0
  const authority = readFileSync(certificate.authority, 'utf8')
  try {
    await waitUntilHealthy(child, port, authority)
  } catch (fault) {
    await stopEmulator(pid)
    throw fault
  }
  return { endpoint: `https://localhost:${port}`, environment, authority, pid }
}

/** Ends a process group, kindly first: a stuck custom resource keeps the emulator from ending by itself. */
export async function stopEmulator(pid: number): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS
  for (let signal: NodeJS.Signals = 'SIGTERM'; signalGroup(pid, signal); await sleep(100)) {
    if (performance.now() > deadline) signal = 'SIGKILL'
  }
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

function spawnEmulator(
  programs: string,
  directory: string,
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  const log = openSync(join(directory, 'emulator.log'), 'a')
  const child = spawn(join(programs, 'ministack'), {
    cwd: directory,
    env: { ...process.env, ...environment },
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  return child
}

async function waitUntilHealthy(child: ChildProcess, port: number, authority: string): Promise<void> {
  const ended = once(child, 'exit').then(() => {
    throw new Error('the emulator ended while it started; see emulator.log')
  })
  // Of no more interest once it is healthy
  ended.catch(() => undefined)
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

/** Whether there was anybody in the group to be told. */
function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal)
    return true
  } catch {
    // ESRCH: the group is gone
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
