import { findMissing } from '../emulator/needs.ts'
import { countCosts, type Way, wholeOf } from '../test/emulated/counting.ts'
import { setup } from '../test/emulated/prepare.ts'
import { openEmulator } from '../test/emulated/resources.ts'

type Costs = {
  readonly records: number
  readonly perThousandRecords: Readonly<Record<string, number>>
  /** Requests of each operation, for a thousand records too. */
  readonly operations: Readonly<Record<string, number>>
  /** Beside the least there is: a unit for each started KB of each record's text. */
  readonly writeUnitsBesideFloor: number
  readonly sentBytes: number
  /** Milliseconds of this machine's processor that each step took for a thousand records, the SDK's part among them. */
  readonly cpuMs: Readonly<Record<string, number>>
}

/**
 * Counts what a submission of 1,000 records takes that comes in a message, and one of 20,000 in a dropped file, from
 * the door until the receipt is delivered: the functions' code on the AWS adapters, against an emulator of its own.
 */
export async function benchCosts(report: (line: string) => void) {
  const missing = await findMissing()
  if (missing.length > 0) throw new Error(`${missing.join(', ')} is missing`)
  await setup()
  const emulator = await openEmulator()
  try {
    report('counting')
    const { message, file, itemBytes } = await countCosts()
    return {
      message: costsOf(message),
      file: costsOf(file),
      itemBytes,
      // Of one process that does in turn what five functions do
      peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    }
  } finally {
    await emulator.close()
  }
}

function costsOf(way: Way): Costs {
  const { meter, records, sentBytes, floorWriteUnits } = way
  const whole = wholeOf(way)
  const perThousand = (counts: Iterable<readonly [string, number]>) =>
    Object.fromEntries([...counts].map(([name, count]) => [name, rounded((count * 1_000) / records)]))
  return {
    records,
    perThousandRecords: perThousand(Object.entries(whole)),
    operations: perThousand(meter.operations),
    writeUnitsBesideFloor: rounded(whole.writeUnits / floorWriteUnits),
    sentBytes,
    cpuMs: perThousand(meter.cpuMs),
  }
}

function rounded(figure: number): number {
  return Number(figure.toFixed(3))
}
