import type { AttributeValue } from '@aws-sdk/client-dynamodb'

/** What is paid for: the columns of the table in docs/scale.md. */
export type Counts = {
  requests: number
  writeUnits: number
  readUnits: number
  puts: number
  gets: number
  sends: number
}

export const NOTHING: Counts = { requests: 0, writeUnits: 0, readUnits: 0, puts: 0, gets: 0, sends: 0 }

/** Counts what clients send, under the name of whatever is being done. */
export class Meter {
  readonly counts = new Map<string, Counts>()
  /** Requests of each operation. */
  readonly operations = new Map<string, number>()
  /** Milliseconds of processor time that each step took of this process. */
  readonly cpuMs = new Map<string, number>()
  #step = ''

  /** Counts under a name what the work sends. */
  async during<T>(step: string, work: () => Promise<T>): Promise<T> {
    this.#step = step
    const before = process.cpuUsage()
    const answer = await work()
    const { user, system } = process.cpuUsage(before)
    this.cpuMs.set(step, (this.cpuMs.get(step) ?? 0) + (user + system) / 1_000)
    return answer
  }

  of(step: string): Counts {
    return this.counts.get(step) ?? NOTHING
  }

  /** Takes away what another counted in all: what a step asked beside what it is the name of. */
  takeAway(step: string, { counts, operations }: Meter): void {
    for (const less of counts.values()) this.counts.set(step, minus(this.of(step), less))
    for (const [operation, less] of operations) this.#addOperation(operation, -less)
  }

  /** A client whose every request is counted; `stepOf` may name a request's step by what is asked. */
  watch<C extends { readonly middlewareStack: { add(middleware: never, options: never): void } }>(
    client: C,
    stepOf: (input: Input) => string | undefined = () => undefined,
  ): C {
    const middleware =
      (next: Next, { commandName }: { commandName: string }) =>
      async (args: { input: Input }) => {
        const step = stepOf(args.input) ?? this.#step
        // Before it is sent: what is refused, as a put of what is there already, is paid for like any other
        this.#add(step, requestOf(commandName))
        this.#addOperation(commandName.replace(/Command$/, ''), 1)
        const answered = await next({ ...args, input: { ...args.input, ...MEASURED[commandName] } })
        this.#add(step, unitsOf(commandName, answered.output))
        return answered
      }
    client.middlewareStack.add(middleware as never, { step: 'initialize', priority: 'high' } as never)
    return client
  }

  #addOperation(operation: string, more: number): void {
    this.operations.set(operation, (this.operations.get(operation) ?? 0) + more)
  }

  #add(step: string, more: Partial<Counts>): void {
    this.counts.set(step, sum(this.of(step), { ...NOTHING, ...more }))
  }
}

export function sum(first: Counts, second: Counts): Counts {
  const names = Object.keys(NOTHING) as (keyof Counts)[]
  return Object.fromEntries(names.map((name) => [name, first[name] + second[name]])) as Counts
}

export function minus(first: Counts, second: Counts): Counts {
  const negative = Object.entries(second).map(([name, count]) => [name, -count])
  return sum(first, Object.fromEntries(negative) as Counts)
}

export type Input = { readonly TableName?: string; readonly Key?: Readonly<Record<string, AttributeValue>> }
type Output = {
  readonly Item?: Attributes
  readonly Items?: readonly Attributes[]
  readonly ConsumedCapacity?: Capacity | readonly Capacity[]
}
type Attributes = Readonly<Record<string, AttributeValue>>
type Capacity = { readonly CapacityUnits?: number }
type Next = (args: object) => Promise<{ output: Output }>

const TOTAL = { ReturnConsumedCapacity: 'TOTAL' }
const MEASURED: Readonly<Record<string, object>> = {
  UpdateItemCommand: TOTAL,
  TransactWriteItemsCommand: TOTAL,
  BatchWriteItemCommand: TOTAL,
}

const REQUESTS: Readonly<Record<string, Partial<Counts>>> = {
  PutObjectCommand: { puts: 1 },
  GetObjectCommand: { gets: 1 },
  SendMessageBatchCommand: { sends: 1 },
  SendMessageCommand: { sends: 1 },
  // Once for each queue, by each function that is kept warm
  GetQueueUrlCommand: {},
  GetItemCommand: { requests: 1 },
  QueryCommand: { requests: 1 },
  UpdateItemCommand: { requests: 1 },
  TransactWriteItemsCommand: { requests: 1 },
  BatchWriteItemCommand: { requests: 1 },
}

function requestOf(command: string): Partial<Counts> {
  const request = REQUESTS[command]
  if (request === undefined) throw new Error(`nobody counts ${command}`)
  return request
}

function unitsOf(command: string, output: Output): Partial<Counts> {
  if (command === 'GetItemCommand') return { readUnits: readUnits(output.Item ? [output.Item] : []) }
  if (command === 'QueryCommand') return { readUnits: readUnits(output.Items ?? []) }
  return command in MEASURED ? { writeUnits: writeUnits(output) } : {}
}

function writeUnits({ ConsumedCapacity = [] }: Output): number {
  const capacities = [ConsumedCapacity].flat() as readonly Capacity[]
  if (capacities.length === 0) throw new Error('a write whose units are not told')
  return capacities.reduce((units, { CapacityUnits = 0 }) => units + CapacityUnits, 0)
}

/** A consistent read takes a unit for each started 4 KB of what it finds, one at the least; the emulator says one. */
function readUnits(items: readonly Attributes[]): number {
  const sizeBytes = items.map(sizeOf).reduce((total, each) => total + each, 0)
  return Math.max(1, Math.ceil(sizeBytes / 4096))
}

/** DynamoDB counts names and values in UTF-8; a number as half its digits and one byte. */
export function sizeOf(item: Attributes): number {
  return Object.entries(item).reduce((total, [name, { S = '', SS = [], N = '' }]) => {
    const texts = [name, S, ...SS].map((text) => Buffer.byteLength(text))
    return total + texts.reduce((each, bytes) => each + bytes) + (N === '' ? 0 : Math.ceil(N.length / 2) + 1)
  }, 0)
}
