import { Button } from '@mantine/core'
import type { IpRule } from '../../../proxy/contract/ipRules.ts'
import table from '../../components/DataTable.module.css'
import { TimeAgo, TimeLeft } from '../../components/TimeAgo.tsx'
import { kindWords, sourceWords, toShownAddress } from './ruleWords.ts'
import styles from './rules.module.css'

interface RuleTableProps {
  readonly rules: readonly IpRule[]
  readonly onRemove: (rule: IpRule) => void
}

/** Rules, newest first. */
export function RuleTable({ rules, onRemove }: RuleTableProps) {
  return (
    <table className={table.table}>
      <thead>
        <tr>
          <th scope="col">Address</th>
          <th scope="col">Rule</th>
          <th scope="col">Made</th>
          <th scope="col">Ends</th>
          <td className={table.actions} />
        </tr>
      </thead>
      <tbody>
        {rules.map((rule) => (
          <tr key={rule.id}>
            <th scope="row">
              <span className={styles.address}>{toShownAddress(rule.cidr)}</span>
              {rule.comment !== '' && <p className={`quiet small ${styles.note ?? ''}`}>{rule.comment}</p>}
            </th>
            <td data-label="Rule" className={styles.kind}>
              {kindWords[rule.kind]}
            </td>
            <td data-label="Made" className={table.fact}>
              <TimeAgo at={rule.createdAt} />
              {sourceWords[rule.source] !== '' && rule.comment === '' && (
                <p className="quiet small">{sourceWords[rule.source]}</p>
              )}
            </td>
            <td data-label="Ends" className={table.fact}>
              {rule.expiresAt === null ? <span className="quiet">Never</span> : <TimeLeft at={rule.expiresAt} />}
            </td>
            <td className={table.actions}>
              <Button
                variant="default"
                aria-label={`Remove the rule for ${toShownAddress(rule.cidr)}`}
                onClick={() => onRemove(rule)}
              >
                Remove
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
