import { Button } from '@mantine/core'
import { useState } from 'react'
import { ErrorState } from '../../components/ErrorState.tsx'
import { LoadingRows } from '../../components/Loading.tsx'
import { Section } from '../../components/Section.tsx'
import { SettingRow } from '../settings/SettingRow.tsx'
import { useSettings } from '../settings/settingsQueries.ts'
import { FolderRow } from './FolderRow.tsx'
import { useFolders, useSetRoomDefaults } from './folderQueries.ts'
import styles from './folders.module.css'
import { RoomDialog } from './RoomDialog.tsx'
import { defaultQuotaWords, retentionWords, toDefaultsDraft, toRoomSettings } from './roomDraft.ts'
import type { RoomDefaults } from './roomDraft.ts'

/** Where everybody's results lie and how much room each has. */
export function FolderList() {
  const folders = useFolders()
  const settings = useSettings()
  if (folders.isPending || settings.isPending) return <LoadingRows rows={4} rowHeight={104} />
  if (folders.data === undefined || settings.data === undefined) {
    return (
      <ErrorState
        what="The folders could not be read."
        error={folders.error ?? settings.error}
        onRetry={() => void Promise.all([folders.refetch(), settings.refetch()])}
      />
    )
  }
  const defaults = settings.data
  return (
    <>
      <ul className={styles.list}>
        {folders.data.map((folder) => (
          <FolderRow key={folder.user.id} folder={folder} defaults={defaults} />
        ))}
      </ul>
      <Defaults defaults={defaults} />
    </>
  )
}

function Defaults({ defaults }: { readonly defaults: RoomDefaults }) {
  const [editing, setEditing] = useState(false)
  const save = useSetRoomDefaults()
  return (
    <Section
      title="For everybody"
      hint="Who has a limit of their own keeps it."
      action={
        <Button variant="default" onClick={() => setEditing(true)}>
          Change
        </Button>
      }
    >
      <div>
        <SettingRow label="Room for each person">{defaultQuotaWords(defaults['folders.quotaBytes'])}</SettingRow>
        <SettingRow label="Pictures are cleared away">{retentionWords(defaults['folders.retentionDays'])}</SettingRow>
      </div>
      {editing && (
        <RoomDialog
          title="Room for everybody"
          words={{
            quota: { default: `By itself: ${defaultQuotaWords(null)}`, own: 'At most' },
            retention: { own: 'After a number of days', none: 'Never' },
          }}
          initial={toDefaultsDraft(defaults)}
          busy={save.isPending}
          error={save.error}
          onSave={(draft) => save.mutate(toRoomSettings(draft), { onSuccess: () => setEditing(false) })}
          onClose={() => setEditing(false)}
        />
      )}
    </Section>
  )
}
