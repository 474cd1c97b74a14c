import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Folder } from '../../../proxy/contract/folders.ts'
import { Notice } from '../../components/Notice.tsx'
import { StateWord } from '../../components/StateWord.tsx'
import { hasDesktop } from '../../desktop/desktop.ts'
import { FolderButtons } from './FolderButtons.tsx'
import { useChangeFolder } from './folderQueries.ts'
import styles from './folders.module.css'
import { folderFacts, folderStateWord, roomFraction, roomWords } from './folderWords.ts'
import { RoomDialog } from './RoomDialog.tsx'
import { defaultQuotaWords, retentionWords, toFolderChange, toRoomDraft } from './roomDraft.ts'
import type { RoomDefaults } from './roomDraft.ts'

interface FolderRowProps {
  readonly folder: Folder
  readonly defaults: RoomDefaults
}

/** Where one person's results lie, how much room they take, and what can be changed. */
export function FolderRow({ folder, defaults }: FolderRowProps) {
  const [editing, setEditing] = useState(false)
  const change = useChangeFolder(folder.user.id)
  const { name } = folder.user
  const state = folderStateWord(folder)
  return (
    <li className={styles.row} aria-label={name}>
      <div className={styles.words}>
        <p className={styles.name}>
          {name} {state !== undefined && <StateWord tone={state.tone}>{state.word}</StateWord>}
        </p>
        {folder.path !== null && <p className={styles.path}>{folder.path}</p>}
        <Room folder={folder} />
        {folder.problem !== null && <Notice tone="attention">{folder.problem}</Notice>}
        <Moving folder={folder} />
      </div>
      <div className={styles.buttons}>
        {hasDesktop() && <FolderButtons folder={folder} />}
        <Button variant="default" aria-label={`Room of ${name}`} onClick={() => setEditing(true)}>
          Room
        </Button>
      </div>
      {editing && (
        <RoomDialog
          title={`Room of ${name}`}
          words={{
            quota: {
              default: `As for everybody: ${defaultQuotaWords(defaults['folders.quotaBytes'])}`,
              own: 'At most',
              none: 'No limit',
            },
            retention: {
              default: `As for everybody: ${retentionWords(defaults['folders.retentionDays'])}`,
              own: 'After a number of days',
              none: 'Never',
            },
          }}
          initial={toRoomDraft(folder)}
          busy={change.isPending}
          error={change.error}
          onSave={(draft) => change.mutate(toFolderChange(draft), { onSuccess: () => setEditing(false) })}
          onClose={() => setEditing(false)}
        />
      )}
    </li>
  )
}

function Room({ folder }: { readonly folder: Folder }) {
  const used = roomFraction(folder)
  return (
    <div className={styles.room}>
      {used !== undefined && (
        <progress
          className={styles.meter}
          data-tight={folder.warning !== null}
          value={used}
          max={1}
          aria-label={`Room that ${folder.user.name} uses`}
        />
      )}
      <p className="small numbers">
        {folder.warning ?? roomWords(folder.bytes, folder.quotaBytes)}
        <span className="quiet"> · {folderFacts(folder)}</span>
      </p>
    </div>
  )
}

function Moving({ folder: { moving, user } }: { readonly folder: Folder }) {
  if (moving === null) return null
  const { doneBytes, allBytes } = moving
  return (
    <div className={styles.room}>
      <progress value={doneBytes} max={Math.max(1, allBytes)} aria-label={`Moving the files of ${user.name}`} />
      <p className="small numbers" role="status">
        Moving: {roomWords(doneBytes, allBytes)}. {user.name}’s jobs wait for it.
      </p>
    </div>
  )
}
