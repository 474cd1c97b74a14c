import { Button } from '@mantine/core'
import type { ProtectionReport } from '../../../proxy/contract/protection.ts'
import { ErrorState } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { Section } from '../../components/Section.tsx'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import styles from './ProtectionSection.module.css'
import { useProtection, useStartProtection } from './protectionQueries.ts'
import { describeLeftOut, describeProgress, describeReport, inOrder, outcomeWords } from './protectionWords.ts'

/** Does the gate keep out what it should, on this very computer? A button, and what it found. */
export function ProtectionSection() {
  const protection = useProtection()
  const start = useStartProtection()
  const running = protection.data?.running ?? null
  const report = protection.data?.report ?? null
  return (
    <Section
      title="Check my protection"
      hint="Attacks a copy of Gatehouse with people made up for it, as somebody who means harm would. It takes about a minute and disturbs nobody."
      action={
        <Button
          variant="default"
          loading={start.isPending}
          disabled={running !== null || protection.isPending}
          onClick={() => start.mutate()}
        >
          Check now
        </Button>
      }
    >
      <div className={styles.parts}>
        {protection.isError && (
          <ErrorState
            what="The last check could not be read."
            error={protection.error}
            onRetry={() => void protection.refetch()}
          />
        )}
        {start.isError && (
          <Notice tone="attention" announce>
            {start.error.message}
          </Notice>
        )}
        {running !== null && (
          <div role="status">
            <p className="quiet">{describeProgress({ running })}</p>
            <progress aria-label="How far the check is" value={running.done} max={Math.max(1, running.total)} />
          </div>
        )}
        {running === null && typeof protection.data?.problem === 'string' && (
          <Notice tone="attention" announce>
            {protection.data.problem}
          </Notice>
        )}
        {running === null && report !== null && <Report report={report} />}
        {running === null && report === null && protection.isSuccess && <p className="quiet">Never checked yet.</p>}
      </div>
    </Section>
  )
}

function Report({ report }: { readonly report: ProtectionReport }) {
  const { tone, words } = describeReport(report)
  const leftOut = describeLeftOut(report)
  return (
    <>
      <Notice tone={tone} announce>
        {words} <TimeAgo at={report.startedAt} />
      </Notice>
      {leftOut !== undefined && <p className="quiet">{leftOut}</p>}
      <details>
        <summary>What was tried</summary>
        <ul className={styles.cases}>
          {inOrder(report.cases).map(({ id, on, title, outcome, seen }) => (
            <li key={`${on} ${id}`}>
              <strong>{outcomeWords[outcome]}</strong>: {title}
              <div className="quiet">
                {on === 'running' ? 'The gate that people use. ' : ''}
                {seen}
              </div>
            </li>
          ))}
        </ul>
      </details>
    </>
  )
}
