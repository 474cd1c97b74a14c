import { Button } from '@mantine/core'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { Notice } from '../../components/Notice.tsx'

const shownMs = 10_000

interface UndoNoticeProps {
  readonly children: ReactNode
  readonly onUndo: () => void
  readonly onClose: () => void
}

/** Says what was done, and takes it back for a while. */
export function UndoNotice({ children, onUndo, onClose }: UndoNoticeProps) {
  useEffect(() => {
    const timer = setTimeout(onClose, shownMs)
    return () => clearTimeout(timer)
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the time runs once, from when it appears
  }, [])
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice
        tone="good"
        announce
        actions={
          <Button variant="default" size="sm" onClick={onUndo}>
            Undo
          </Button>
        }
      >
        {children}
      </Notice>
    </div>
  )
}
