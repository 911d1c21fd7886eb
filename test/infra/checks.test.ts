import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, type NagPack, ServerlessChecks } from 'cdk-nag'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SYNTHESIS_TIMEOUT_MS, type Synthesized, synthesize } from './templates.ts'

let app: Synthesized
beforeAll(async () => {
  app = await synthesize({ isValidated: true })
}, SYNTHESIS_TIMEOUT_MS)
afterAll(() => app.close())

/** What cdk-nag finds and what stands, each with its reason; what concerns one construct is acknowledged there. */
const standing: readonly { readonly finding: RegExp; readonly reason: string }[] = [
  {
    finding: /^AwsSolutions-IAM5\[Resource::\*]$/,
    reason: 'X-Ray knows no resources, and no more does ListStreams, which Lambda asks of the sealer',
  },
  {
    finding:
      /^AwsSolutions-IAM5\[Resource::.*\/(archive|batches|values|ledger|datasets|packages|evidence|receipts)\/\*]$/,
    reason: 'An area of the store is a prefix of a bucket; its objects are not known by name beforehand',
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::<DoorsLanding\w+\.Arn>\/\*]$/,
    reason: 'The splitter reads whatever authorities drop',
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::arn:aws:sqs:.*:demo_submissions_\*]$/,
    reason:
      'By name the queues of all authorities would pass the size of a policy; each queue shuts others out',
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::<(PlanVersion|BuildBucket|CommitVersion)\w+\.Arn>:\*]$/,
    reason: "A step's own grant names versions and aliases too; these functions have none",
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::arn:aws:states:.*PublicationMachine.*]$/,
    reason: 'A distributed map watches the executions that it starts, of its own machine alone',
  },
  {
    finding: /^Serverless-LambdaDLQ$/,
    reason:
      'Those that a queue feeds have dead letters there; the others are waited for, or called each minute',
  },
  {
    finding: /^Serverless-SQSRedrivePolicy$/,
    reason: 'They are the queues of dead letters',
  },
  {
    finding: /^Serverless-LambdaEventSourceMappingDestination$/,
    reason:
      'Queues have dead letters instead, and a waking of the sealer that is lost is made good each minute',
  },
  {
    finding: /^Serverless-EventBusDLQ$/,
    reason:
      'The clocks that wake the sealer and the watcher come again, after a minute and an hour; of a publication that ' +
      'ended badly its alarm tells as well',
  },
]

describe("cdk-nag's checks", () => {
  test.each([
    ['AwsSolutions', AwsSolutionsChecks],
    ['Serverless', ServerlessChecks],
  ])('%s find nothing that does not stand for a reason', (_, Checks) => {
    const open = findingsOf(new Checks()).filter(
      ({ rule }) => !standing.some(({ finding }) => finding.test(rule)),
    )
    expect(open).toEqual([])
  })
})

describe('what stands', () => {
  test('is still found', () => {
    const rules = [new AwsSolutionsChecks(), new ServerlessChecks()]
      .flatMap(findingsOf)
      .map(({ rule }) => rule)
    const stale = standing.filter(({ finding }) => !rules.some((rule) => finding.test(rule)))
    expect(stale).toEqual([])
  })

  test('where one construct acknowledges it, has a reason and is still found', () => {
    // Deaf to what is acknowledged
    const all = findingsOf(Object.assign(new AwsSolutionsChecks(), { isAcknowledged: () => false }))
    const acknowledged = acknowledgements()
    expect(acknowledged.map(({ rule }) => rule)).toContain('AwsSolutions-APIG4')
    for (const { path, rule, reason } of acknowledged) {
      expect(reason.length, rule).toBeGreaterThan(20)
      const found = all.filter((each) => each.rule === rule && each.path.startsWith(path))
      expect(found, `${rule} of ${path}`).not.toEqual([])
    }
  })
})

test("CDK's own rules find nothing in the templates", async () => {
  const report = await readFile(join(app.directory, 'cdk.out', 'validation-report.json'), 'utf8')
  const { pluginReports } = JSON.parse(report) as { pluginReports: { violations: unknown[] }[] }
  expect(pluginReports.flatMap(({ violations }) => violations)).toEqual([])
})

type Finding = { readonly rule: string; readonly path: string }

function findingsOf(checks: NagPack): readonly Finding[] {
  const { violations } = checks.validateScope(app.stacks.storage.node.root)
  return violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }) => ({ rule: ruleName, path: constructPath })),
  )
}

function acknowledgements(): readonly (Finding & { readonly reason: string })[] {
  const nodes = app.stacks.storage.node.root.node.findAll().map(({ node }) => node)
  return nodes.flatMap(({ path, metadata }) =>
    metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ path, rule: id.replace(/^annotation::/i, ''), reason })),
  )
}
