import { Button } from '@mantine/core'
import { useState } from 'react'
import { roles, roleWords } from '../../../proxy/contract/accounts.ts'
import type { Role } from '../../../proxy/contract/accounts.ts'
import table from '../../components/DataTable.module.css'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { useSettings } from '../settings/settingsQueries.ts'
import { toLimit, toMinutes } from './jobWords.ts'
import { LimitsDialog } from './LimitsDialog.tsx'
import styles from './LimitsDialog.module.css'

/** What one person of each role may use: a row per role, changed in a dialog. */
export function LimitsPanel() {
  const settings = useSettings()
  const [editing, setEditing] = useState<Role>()
  if (settings.isPending) return <LoadingRows rows={5} />
  if (settings.isError) {
    return (
      <ErrorState what="The limits could not be read." error={settings.error} onRetry={() => void settings.refetch()} />
    )
  }
  const limits = settings.data['jobs.limits']
  const weights = settings.data['jobs.weights']
  return (
    <>
      <table className={`${table.table ?? ''} ${styles.limits ?? ''}`}>
        <thead>
          <tr>
            <th scope="col">Role</th>
            {['Jobs in line', 'Minutes a job', 'Jobs a day', 'GPU minutes a day', 'Share'].map((title) => (
              <th key={title} scope="col" className={table.number}>
                {title}
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {roles.map((role) => (
            <tr key={role}>
              <th scope="row">{roleWords[role].title}</th>
              <td data-label="Jobs in line" className={table.number}>
                {toLimit(limits[role].queued)}
              </td>
              <td data-label="Minutes a job" className={table.number}>
                {toLimit(toMinutes(limits[role]))}
              </td>
              <td data-label="Jobs a day" className={table.number}>
                {toLimit(limits[role].jobsPerDay)}
              </td>
              <td data-label="GPU minutes a day" className={table.number}>
                {toLimit(limits[role].gpuMinutesPerDay)}
              </td>
              <td data-label="Share" className={table.number}>
                {weights[role]}
              </td>
              <td className={table.actions}>
                <Button
                  variant="default"
                  size="sm"
                  aria-label={`Change the limits of ${roleWords[role].title}`}
                  onClick={() => setEditing(role)}
                >
                  Change
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {editing !== undefined && (
        <LimitsDialog role={editing} limits={limits} weights={weights} onClose={() => setEditing(undefined)} />
      )}
    </>
  )
}
