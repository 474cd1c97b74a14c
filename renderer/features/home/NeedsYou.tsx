import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { Comfyui } from '../../../proxy/contract/comfyui.ts'
import { Notice } from '../../components/Notice.tsx'
import { useKeys } from '../keys/keyQueries.ts'
import { unprotectedKeyWords } from '../keys/keyWords.ts'
import { useSharing } from '../sharing/sharingQueries.ts'
import styles from './NeedsYou.module.css'

/** What waits for the owner: nothing at all on a good day. */
export function NeedsYou({ comfyui }: { readonly comfyui: Comfyui }) {
  const keys = useKeys()
  const block = useSharing().data?.localBlock ?? null
  const navigate = useNavigate()
  const unprotected = unprotectedKeyWords(keys.data ?? [])
  if (comfyui.notices.length === 0 && block === null && unprotected === undefined) return null
  return (
    <div className={styles.root}>
      {comfyui.notices.map((notice) => (
        <Notice key={notice} tone="attention">
          {notice}
        </Notice>
      ))}
      {block !== null && (
        <Notice
          tone="attention"
          actions={
            <Button variant="default" onClick={() => void navigate({ to: '/network' })}>
              Show address rules
            </Button>
          }
        >
          {block} ComfyUI’s own window and programs here get no answer.
        </Notice>
      )}
      {unprotected !== undefined && (
        <Notice
          tone="attention"
          actions={
            <Button variant="default" onClick={() => void navigate({ to: '/keys' })}>
              Show keys
            </Button>
          }
        >
          {unprotected}
        </Notice>
      )}
    </div>
  )
}
