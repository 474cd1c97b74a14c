import { Button } from '@mantine/core'
import { describeFinding, describeVerdict } from '../../../proxy/contract/auditWords.ts'
import { Notice } from '../../components/Notice.tsx'
import styles from './Activity.module.css'
import { useVerification } from './activityQueries.ts'

/** "Nobody has changed this list", or what was found. */
export function WholenessNotice() {
  const { data, isError, refetch } = useVerification()
  const again = (
    <Button variant="default" size="sm" onClick={() => void refetch()}>
      Check again
    </Button>
  )
  if (isError || data?.state === 'failed') {
    return (
      <Notice tone="attention" actions={again}>
        Whether somebody changed this list could not be checked.
      </Notice>
    )
  }
  const verdict = data?.verdict ?? null
  if (data === undefined || verdict === null) {
    const percent = data === undefined || data.total === 0 ? '' : ` ${Math.floor((data.done / data.total) * 100)} %`
    return <p className={`${styles.checking} quiet small`}>{`Looking whether somebody changed this list…${percent}`}</p>
  }
  if (verdict.kind === 'whole') return <p className={`${styles.checking} quiet small`}>{describeVerdict(verdict)}</p>
  return (
    <Notice tone="problem" announce actions={again}>
      <strong>This list was changed from outside of Gatehouse.</strong>
      <ul className={styles.findings}>
        {verdict.findings.map((finding) => (
          <li key={`${finding.kind} ${finding.fromSeq}`}>{describeFinding(finding)}</li>
        ))}
        {verdict.more && <li>There is more.</li>}
      </ul>
      What is below may not be true there. Save it as a file before anything else.
    </Notice>
  )
}
