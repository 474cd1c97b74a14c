import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { MovedFolder } from '../../../electron/ipc/schema.ts'
import type { Folder } from '../../../proxy/contract/folders.ts'
import { queryKeys } from '../../api/queryKeys.ts'
import { Refusal } from '../../components/ErrorState.tsx'
import { Notice } from '../../components/Notice.tsx'
import { invokeDesktop } from '../../desktop/desktop.ts'
import styles from './folders.module.css'

/** What only the program on this computer can do with a folder. Which one it becomes, its own dialog says. */
export function FolderButtons({ folder }: { readonly folder: Folder }) {
  const client = useQueryClient()
  const refresh = () => client.invalidateQueries({ queryKey: queryKeys.folders })
  const { id: accountId, name } = folder.user
  const open = useMutation({ mutationFn: () => invokeDesktop('folder:open', { accountId }) })
  const pick = useMutation({ mutationFn: () => invokeDesktop('folder:pick', { accountId }), onSettled: refresh })
  return (
    <>
      {folder.path !== null && folder.state !== 'notMadeYet' && (
        <Button
          variant="default"
          aria-label={`Open the folder of ${name}`}
          loading={open.isPending}
          onClick={() => open.mutate()}
        >
          Open folder
        </Button>
      )}
      {!folder.isComfyuisOwn && (
        <Button
          variant="default"
          aria-label={`Choose another folder for ${name}`}
          disabled={pick.isPending || folder.moving !== null}
          onClick={() => pick.mutate(undefined, { onSuccess: () => open.reset() })}
        >
          Choose another folder …
        </Button>
      )}
      <div className={styles.outcome}>
        <Refusal error={open.error ?? pick.error} />
        {pick.data !== undefined && pick.data !== null && <Moved moved={pick.data} name={name} />}
      </div>
    </>
  )
}

const shownNames = 5

/** That it is done, and what no job made and so was left where it was. */
function Moved({ moved: { path, left }, name }: { readonly moved: MovedFolder; readonly name: string }) {
  const more = (left?.names.length ?? 0) - shownNames
  return (
    <Notice tone="good" announce>
      The files of {name} are in {path} now.
      {left !== null &&
        ` Left in ${left.path}, because no job made it: ${left.names.slice(0, shownNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}.`}
    </Notice>
  )
}
