import { Button, CloseButton, Modal } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import type { SharedOutput } from '../../../proxy/contract/shares.ts'
import { TimeAgo } from '../../components/TimeAgo.tsx'
import styles from '../outputs/OutputViewer.module.css'
import { useSwipe } from '../outputs/useSwipe.ts'
import { useWindowKeys } from '../outputs/useWindowKeys.ts'
import { ViewerStep } from '../outputs/ViewerStep.tsx'
import { ZoomablePicture } from '../outputs/ZoomablePicture.tsx'
import { sharedDownloadPath, sharedLinks } from './sharedLinks.ts'

interface SharedViewerProps {
  readonly picture: SharedOutput
  readonly pictures: readonly SharedOutput[]
  readonly onShow: (id: string | undefined) => void
}

/** One shared picture as large as the window. */
export function SharedViewer({ picture, pictures, onShow }: SharedViewerProps) {
  const place = pictures.findIndex(({ id }) => id === picture.id)
  const [previous, next] = [pictures[place - 1], pictures[place + 1]]
  const go = (to: SharedOutput | undefined) => {
    if (to !== undefined) onShow(to.id)
  }
  useWindowKeys({ ArrowLeft: () => go(previous), ArrowRight: () => go(next) })
  const swipe = useSwipe(
    () => go(previous),
    () => go(next),
  )
  const close = () => onShow(undefined)
  return (
    <Modal.Root opened onClose={close} fullScreen lockScroll={false} transitionProps={{ duration: 0 }}>
      <Modal.Content
        data-fills-window
        aria-label={picture.name}
        classNames={{ content: styles.content ?? '' }}
        radius={0}
      >
        <div className={styles.frame}>
          <div className={styles.stage} {...swipe}>
            <Stage key={picture.id} picture={picture} />
            <ViewerStep side="left" label="Newer" to={previous} onGo={go} />
            <ViewerStep side="right" label="Older" to={next} onGo={go} />
            <CloseButton
              aria-label="Close"
              size={44}
              iconSize={24}
              className={styles.close}
              data-autofocus
              onClick={close}
            />
          </div>
          <div className={styles.panel} tabIndex={0} role="region" aria-label="About this picture">
            <h2 className={styles.title}>{picture.name}</h2>
            <Button
              component="a"
              href={sharedDownloadPath(picture.id)}
              download={picture.name}
              leftSection={<IconDownload size={16} aria-hidden />}
            >
              Download
            </Button>
            <Facts picture={picture} />
          </div>
        </div>
      </Modal.Content>
    </Modal.Root>
  )
}

function Stage({ picture }: { readonly picture: SharedOutput }) {
  const [broken, setBroken] = useState(false)
  if (!broken) return <ZoomablePicture output={picture} links={sharedLinks} onError={() => setBroken(true)} />
  return (
    <div className={styles.cannotShow}>
      <p>This picture is not shared any more.</p>
    </div>
  )
}

function Facts({ picture: { from, sharedAt, width, height } }: { readonly picture: SharedOutput }) {
  return (
    <dl className={styles.facts}>
      <div>
        <dt>From</dt>
        <dd>{from.name}</dd>
      </div>
      <div>
        <dt>Shared</dt>
        <dd>
          <TimeAgo at={sharedAt} />
        </dd>
      </div>
      {width !== null && height !== null && (
        <div>
          <dt>Size</dt>
          <dd>{`${width} × ${height}`}</dd>
        </div>
      )}
    </dl>
  )
}
